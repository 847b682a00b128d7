/** The ports that the endpoints call: what the service does, without how. */

import type { Outcome } from "./outcome.ts";
import type { Caller } from "./types.ts";

/** Takes one event all the way to durable, or says why not. Never throws. */
export type Ingest = (raw: unknown, caller: Caller) => Promise<Outcome>;

/** The answer of `getStats` (contract 8.4). */
export interface IngestionStats {
  bufferSize: number;
  isProcessing: boolean;
  config: {
    batchSize: number;
    batchTimeoutMs: number;
    enableDeduplication: boolean;
    enableEnrichment: boolean;
    deduplicationTtlSeconds: number;
  };
}

/** The answer of a forced flush (contract 8.3). */
export type Forced =
  | { readonly result: "flushed"; readonly events: number }
  | { readonly result: "empty" }
  | { readonly result: "unavailable"; readonly reason: string }
  | { readonly result: "timeout" };

/** What the procedures stand on. */
export interface Service {
  readonly ingest: Ingest;
  stats(): Promise<IngestionStats>;
  forceFlush(): Promise<Forced>;
}
