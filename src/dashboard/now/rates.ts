/** What happens a second, from readings of the counters. */

import type { Overview } from "../../admin/schema.ts";

/** The counters at a moment. */
export interface Reading {
  /** Epoch milliseconds, by the service's clock. */
  readonly at: number;
  readonly balance: Overview["balance"];
}

/** An counter whose growth is a rate. */
export type Flow = "accepted" | "duplicates" | "rejected" | "stored";

/** Readings that are kept: three minutes, at one every two seconds. */
const KEPT_MS = 180_000;
/** Processes book what they turned away every few seconds, and flush in batches: less would flicker. */
const WINDOW_MS = 10_000;

/** Readings with one more. Counters that shrank are another service's: everything begins anew. */
export function noted(readings: readonly Reading[], { at, balance }: Overview): Reading[] {
  const next = { at: Date.parse(at), balance };
  const last = readings.at(-1);
  if (last !== undefined && next.at <= last.at) return [...readings];
  const isAnother = last !== undefined && balance.accepted < last.balance.accepted;
  return isAnother ? [next] : [...readings.filter((one) => one.at > next.at - KEPT_MS), next];
}

/** The rate at each reading but the first, over the window before it. */
export function ratesOf(readings: readonly Reading[], flow: Flow): number[] {
  let begin = 0;
  return readings.slice(1).map((reading, i) => {
    while (begin < i && reading.at - at(readings, begin + 1) >= WINDOW_MS) begin++;
    const from = readings[begin] ?? reading;
    const seconds = (reading.at - from.at) / 1_000;
    return Math.max(0, (reading.balance[flow] - from.balance[flow]) / seconds);
  });
}

function at(readings: readonly Reading[], i: number): number {
  return readings[i]?.at ?? 0;
}
