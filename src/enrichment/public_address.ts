/** Which addresses can be located: those that are routed on the public internet. */

import type { RequestContext } from "../events/types.ts";
import { isV6, parseAddress } from "../ip_address.ts";

/** The first bits of every address in a network, and how far to shift 32 bits to compare them. */
interface Network {
  readonly prefix: number;
  readonly shift: number;
}

// Listed in IANA's registries of special-purpose addresses. Databases built from registry records
// claim a country even for some of these.
const RESERVED_V4 = [
  "0.0.0.0/8", // this network
  "10.0.0.0/8", // private
  "100.64.0.0/10", // carrier-grade NAT
  "127.0.0.0/8", // loopback
  "169.254.0.0/16", // link-local
  "172.16.0.0/12", // private
  "192.0.0.0/24", // protocol assignments
  "192.0.2.0/24", // documentation
  "192.168.0.0/16", // private
  "198.18.0.0/15", // benchmarks
  "198.51.100.0/24", // documentation
  "203.0.113.0/24", // documentation
  "224.0.0.0/4", // multicast
  "240.0.0.0/4", // reserved, broadcast
].map((network) => parseNetwork(network, parseHeadV4));

/** Contains every IPv6 address that is routed, … */
const GLOBAL_V6 = parseNetwork("2000::/3", parseHeadV6);

/** … and these, which are not. */
const RESERVED_V6 = [
  "2001::/23", // protocol assignments, Teredo among them
  "2001:db8::/32", // documentation
  "3fff::/20", // documentation
].map((network) => parseNetwork(network, parseHeadV6));

/** Contexts are shared by the events of a request, and read by several enrichers. */
const parsed = new WeakMap<RequestContext, string | null>();

/** Returns the public address of the caller; `null` if there is none. */
export function findCallerAddress(context: RequestContext): string | null {
  if (context.ip === null) return null;
  let address = parsed.get(context);
  if (address === undefined) {
    address = parsePublicAddress(context.ip);
    parsed.set(context, address);
  }
  return address;
}

/**
 * Parses an address that is routed publicly.
 *
 * @returns as `parseAddress` does; `null` for other text and for private, loopback,
 * link-local, carrier-grade NAT, documentation, multicast and other reserved addresses
 */
export function parsePublicAddress(text: string): string | null {
  const address = parseAddress(text);
  return address !== null && isPublic(address) ? address : null;
}

function isPublic(address: string): boolean {
  if (isV6(address)) {
    const head = parseHeadV6(address);
    return contains(GLOBAL_V6, head) && !RESERVED_V6.some((network) => contains(network, head));
  }
  const head = parseHeadV4(address);
  return !RESERVED_V4.some((network) => contains(network, head));
}

function parseNetwork(network: string, parseHead: (address: string) => number): Network {
  const [address = "", length = ""] = network.split("/");
  const shift = 32 - Number(length);
  return { prefix: parseHead(address) >>> shift, shift };
}

function contains({ prefix, shift }: Network, head: number): boolean {
  return head >>> shift === prefix;
}

function parseHeadV4(address: string): number {
  return address.split(".").reduce((head, octet) => head * 256 + Number(octet), 0);
}

/** An omitted second group is empty in the canonical form. */
function parseHeadV6(address: string): number {
  const [first, second] = address.split(":");
  return parseInt(first || "0", 16) * 0x10000 + parseInt(second || "0", 16);
}
