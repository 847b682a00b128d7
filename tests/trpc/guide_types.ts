/** The types that the integrators' guide tells them to copy, word for word. */

type EventSource = "web" | "api" | "mobile" | "system" | "webhook";

type EntityType =
  | "project"
  | "asset"
  | "license"
  | "creator"
  | "brand"
  | "user"
  | "royalty"
  | "payout"
  | "post"
  | "category";

/** Marketing attribution. */
export interface AttributionData {
  utmSource?: string;
  utmMedium?: string;
  utmCampaign?: string;
  utmTerm?: string;
  utmContent?: string;
  referrer?: string;
  landingPage?: string;
}

/** The input of `track`. */
export interface TrackEventInput {
  eventType: string;
  source?: EventSource;
  entityId?: string;
  entityType?: EntityType;
  sessionId?: string;
  // deno-lint-ignore no-explicit-any -- the guide's own word
  props?: Record<string, any>;
  attribution?: AttributionData;
  idempotencyKey?: string;
}

/** The response of `track`. */
export interface EventCreated {
  eventId: string | null;
  tracked: boolean;
}

/** The response of `trackBatch`. */
export interface BatchTrackResponse {
  total: number;
  successful: number;
  failed: number;
  results: Array<{
    index: number;
    status: "fulfilled" | "rejected";
    data: EventCreated | null;
    error: string | null;
  }>;
}

/** The response of `getStats`. */
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

/** The response of `forceFlush`. */
export interface FlushResponse {
  flushed: boolean;
  message: string;
}
