/** Reduces an address to what identifies a caller, however a proxy writes it. */

import { expandGroups, isV6, parseAddress } from "../ip_address.ts";

/**
 * Returns the part of an address that is the same for one household: a key of the rate limit.
 *
 * @param text an address in any form that `parseAddress` reads
 * @returns an IPv4 address, or the first 64 bits of an IPv6 one; other text unchanged
 */
export function toNetworkKey(text: string): string {
  const address = parseAddress(text);
  if (address === null) return text;
  return isV6(address) ? expandGroups(address).slice(0, 4).join(":") : address;
}
