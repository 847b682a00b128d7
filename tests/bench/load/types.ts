/** What is said to the process that makes load, and what it answers. */

import type { Route } from "./requests.ts";

/** A load. */
export interface Load {
  readonly port: number;
  readonly route: Route;
  /** Whether each event has an idempotency key, as those of the SDK do. */
  readonly keyed: boolean;
  readonly connections: number;
  readonly seconds: number;
  /** Requests a second, sent when they are due whatever became of those before; `null`: as many as are answered. */
  readonly rate: number | null;
  /** Events that may be accepted and not be done yet, as `Order` tells; `null`: any number. */
  readonly window: number | null;
}

/** A line to the process: a load to make, or how many of its events are done by now. */
export type Order = { readonly load: Load } | { readonly done: number };

/** A line from it. */
export interface LoadResult {
  /** Requests answered within the time, and well. */
  readonly requests: number;
  /** The time in which they were. */
  readonly seconds: number;
  /** Events of all answers that say they are durable, in time or not. */
  readonly accepted: number;
  /** Requests that were answered otherwise, or not at all. */
  readonly failures: number;
  /** What the first of them was answered. */
  readonly failure: string | null;
  /** From when a request was due to its answer. */
  readonly p50Ms: number;
  readonly p99Ms: number;
}
