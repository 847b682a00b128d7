/** What the procedures return. Without the types of any package: `@sluice/api` has this file. */

/** The response of `track`. */
export interface EventCreated {
  eventId: string | null;
  tracked: boolean;
}

/** One event's entry in the response of `trackBatch`: its own result (contract 3.2). */
export interface BatchResult {
  index: number;
  status: "fulfilled" | "rejected";
  data: EventCreated | null;
  error: string | null;
}

/** The response of `trackBatch`. */
export interface BatchTrackResponse {
  total: number;
  successful: number;
  failed: number;
  results: BatchResult[];
}

/** The response of `forceFlush`. */
export interface FlushResponse {
  flushed: boolean;
  message: string;
}

/** The response of `getStats` (contract 8.4). */
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
