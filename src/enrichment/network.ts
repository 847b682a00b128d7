/**
 * Finds the network of a caller's address: all that is stored of it (contract 7.4), so that a newer
 * database can locate it again.
 */

import type { NetworkFacts } from "../events/enrichment.ts";
import { expandGroups, isV6 } from "../ip_address.ts";
import type { Enricher } from "./enrich.ts";
import { findCallerAddress } from "./public_address.ts";

/** Finds the network of the caller's address, unless the caller asked not to be tracked. */
export const networkEnricher: Enricher<NetworkFacts> = {
  name: "network",
  read({ context }) {
    const address = context.anonymous ? null : findCallerAddress(context);
    return { network: address === null ? null : toNetwork(address) };
  },
  fallback: { network: null },
  readsContext: true,
};

/** 256 addresses of IPv4 or a site of IPv6: a block that providers assign, never a single device. */
function toNetwork(address: string): string {
  return isV6(address)
    ? `${expandGroups(address).slice(0, 3).join(":")}::/48`
    : `${address.split(".").slice(0, 3).join(".")}.0/24`;
}
