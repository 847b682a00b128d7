/** The port that the endpoints call. */

import type { Limited, Outcome } from "./outcome.ts";
import type { IngestionStats } from "./responses.ts";
import type { Caller } from "./types.ts";

/** Makes one event durable, or returns why not. Never throws. */
export type Ingest = (raw: unknown, caller: Caller) => Promise<Outcome>;

/** The result of a forced flush (contract 8.3). */
export type ForcedFlush =
  | { readonly result: "flushed"; readonly events: number }
  | { readonly result: "empty" }
  | { readonly result: "unavailable"; readonly reason: string }
  | { readonly result: "timeout" };

/** What the procedures call. */
export interface Service {
  readonly ingest: Ingest;
  /** Whether events of anonymous callers are refused (`REQUIRE_KEY`). */
  readonly requiresKey: boolean;
  /** Counts the events of a batch that is rejected as a whole; the rejection if that is over the limit. */
  limit(caller: Caller, events: number): Limited | null;
  stats(): Promise<IngestionStats>;
  forceFlush(): Promise<ForcedFlush>;
}
