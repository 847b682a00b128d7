/**
 * Limits the time that long bodies of one network cost the process: a body of 1 MiB can take 40 ms to parse
 * and 300 ms to validate, for a kilobyte of gzip. Short bodies are never limited, so that who shares an
 * address with a caller of that kind keeps tracking.
 */

import type { Clock } from "../clock.ts";
import { toNetworkKey } from "../ip_address.ts";

/** The limit of each network. */
export interface WorkLimit {
  /** The seconds until the network may send another long body; `null` if it may now. */
  check(ip: string | null): number | null;
  /** Counts the milliseconds that a long body took. */
  spend(ip: string | null, ms: number): void;
}

/** What a network may use of each second. */
const MS_PER_SECOND = 250;
/** What it may use at once after a pause. */
const BURST_MS = 2_000;
/** Networks remembered; beyond that, the one that spent longest ago is forgotten. */
const MAX_NETWORKS = 10_000;

/**
 * Creates the limit.
 *
 * @param ipv6Prefix the bits of an IPv6 address by which networks are told apart
 */
export function createWorkLimit(clock: Pick<Clock, "monotonic">, ipv6Prefix = 64): WorkLimit {
  /** The milliseconds that are not made up for, by network, and since when; latest spender last. */
  const spent = new Map<string, { readonly ms: number; readonly at: number }>();

  function spentBy(network: string): number {
    const entry = spent.get(network);
    if (entry === undefined) return 0;
    return Math.max(0, entry.ms - (clock.monotonic() - entry.at) / 1000 * MS_PER_SECOND);
  }

  return {
    check(ip) {
      const over = spentBy(networkOf(ip, ipv6Prefix)) - BURST_MS;
      return over <= 0 ? null : Math.ceil(over / MS_PER_SECOND);
    },
    spend(ip, ms) {
      const network = networkOf(ip, ipv6Prefix);
      const total = spentBy(network) + ms;
      spent.delete(network);
      spent.set(network, { ms: total, at: clock.monotonic() });
      if (spent.size > MAX_NETWORKS) spent.delete(spent.keys().next().value ?? "");
    },
  };
}

function networkOf(ip: string | null, ipv6Prefix: number): string {
  return ip === null ? "unknown" : toNetworkKey(ip, ipv6Prefix);
}
