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

/** What `track` takes. */
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

/** What `track` answers. */
export interface EventCreated {
  eventId: string | null;
  tracked: boolean;
}

/** What `trackBatch` answers. */
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

/** What `getStats` answers. */
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

/** What `forceFlush` answers. */
export interface FlushResponse {
  flushed: boolean;
  message: string;
}
