/**
 * The network that a caller's address lies in: all that is kept of the address (contract 7.4), so that
 * a place can be looked up again in a newer database.
 */

import type { NetworkFacts } from "../events/enrichment.ts";
import type { Enricher } from "./enrich.ts";
import { publicAddress } from "./ip_address.ts";

/** Finds the network out. */
export const networkEnricher: Enricher<NetworkFacts> = {
  name: "network",
  read({ context }) {
    const kept = context.ip !== null && !context.anonymous;
    const address = kept ? publicAddress(context.ip) : null;
    return { network: address === null ? null : networkOf(address) };
  },
  nothing: { network: null },
};

/** 256 addresses of IPv4, or a site of IPv6: what providers hand to somebody, never one device. */
function networkOf(address: string): string {
  return address.includes(":")
    ? `${groupsOf(address).slice(0, 3).join(":")}::/48`
    : `${address.split(".").slice(0, 3).join(".")}.0/24`;
}

/** The groups of an IPv6 address, its gap filled with zeros. */
function groupsOf(address: string): string[] {
  const [left = "", right] = address.split("::");
  const before = left === "" ? [] : left.split(":");
  if (right === undefined) return before;
  const after = right === "" ? [] : right.split(":");
  return [...before, ...Array(8 - before.length - after.length).fill("0"), ...after];
}
