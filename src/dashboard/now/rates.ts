/** Rates per second, computed from readings of the counters. */

import type { Overview } from "../../admin/schema/overview.ts";

/** The counters at one point in time. */
export interface Reading {
  /** Epoch milliseconds, by the service's clock. */
  readonly at: number;
  readonly balance: Overview["balance"];
}

/** A counter that is shown as a rate. */
export type Flow = "accepted" | "duplicates" | "rejected" | "stored";

/** Three minutes of readings, one every two seconds. */
const KEPT_MS = 180_000;
/** Rejections are counted every few seconds and rows come in batches: a shorter window would flicker. */
const WINDOW_MS = 10_000;

/** Appends a reading. Counters that shrank belong to another service: the history restarts. */
export function addReading(readings: readonly Reading[], { at, balance }: Overview): Reading[] {
  const next = { at: Date.parse(at), balance };
  const last = readings.at(-1);
  if (last !== undefined && next.at <= last.at) return [...readings];
  const hasReset = last !== undefined && balance.accepted < last.balance.accepted;
  return hasReset ? [next] : [...readings.filter((one) => one.at > next.at - KEPT_MS), next];
}

/** The rate at each reading but the first, averaged over the window before it. */
export function computeRates(readings: readonly Reading[], flow: Flow): number[] {
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
