/** Messages to and from the process that generates load. */

import type { Keys } from "./keys.ts";
import type { Route } from "./requests.ts";

/** A load to generate. */
export interface Load {
  readonly port: number;
  readonly route: Route;
  readonly keys: Keys;
  readonly connections: number;
  readonly seconds: number;
  /** Requests per second in an open loop; `null`: a closed loop, as fast as responses come. */
  readonly rate: number | null;
  /** Most events accepted and not yet done (by `LoadCommand.done`); `null`: no limit. */
  readonly window: number | null;
}

/** A line to the process: a load to generate, or how many of its events are done so far. */
export type LoadCommand = { readonly load: Load } | { readonly done: number };

/** The result of a load. */
export interface LoadResult {
  /** Requests answered successfully within the time. */
  readonly requests: number;
  /** The time of the load. */
  readonly seconds: number;
  /** The time until the last response. */
  readonly elapsedSeconds: number;
  /** Events acknowledged, within the time or later. */
  readonly accepted: number;
  /** Requests that were not acknowledged, or not answered. */
  readonly failures: number;
  /** The first failure: status and body, or the error. */
  readonly failure: string | null;
  /** Milliseconds from when a request was due to its response. */
  readonly p50Ms: number;
  readonly p99Ms: number;
}
