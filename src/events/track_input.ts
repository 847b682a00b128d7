/** What clients send. Without the types of any package: `@sluice/api` has this file. */

import type { EntityType, EventSource } from "./catalogue.ts";

/** Marketing attribution, as clients send it. */
export interface AttributionData {
  utmSource?: string | undefined;
  utmMedium?: string | undefined;
  utmCampaign?: string | undefined;
  utmTerm?: string | undefined;
  utmContent?: string | undefined;
  referrer?: string | undefined;
  landingPage?: string | undefined;
}

/** The input of `track` (contract 4.1); `null` for an optional field counts as absent (4.9). */
export interface TrackEventInput {
  eventType: string;
  source?: EventSource | null | undefined;
  entityId?: string | null | undefined;
  entityType?: EntityType | null | undefined;
  sessionId?: string | null | undefined;
  // deno-lint-ignore no-explicit-any -- the guide's own type: any JSON
  props?: Record<string, any> | null | undefined;
  attribution?: OrNull<AttributionData> | null | undefined;
  idempotencyKey?: string | null | undefined;
  /** Whose event it is. It counts only with an API key that has the scope `ingest:as`. */
  context?: EventContext | null | undefined;
}

/** The input of `trackBatch`: 1 to 50 events. */
export interface BatchTrackInput {
  events: TrackEventInput[];
}

/** Whose event it is, where a server sends it on behalf of somebody (contract 13.7). */
export interface EventContext {
  userId?: string | number | null | undefined;
  role?: string | number | null | undefined;
  creatorId?: string | number | null | undefined;
  brandId?: string | number | null | undefined;
  sessionId?: string | null | undefined;
  ip?: string | null | undefined;
  userAgent?: string | null | undefined;
}

type OrNull<T> = { [K in keyof T]: T[K] | null };
