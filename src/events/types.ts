/** The shapes an event takes on its way; every step knows these and nothing of its neighbours. */

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

/** What a client sends to `track` (contract 4.1). */
export interface TrackEventInput {
  eventType: string;
  source?: EventSource | undefined;
  entityId?: string | undefined;
  entityType?: EntityType | undefined;
  sessionId?: string | undefined;
  // deno-lint-ignore no-explicit-any -- the guide's own type: any JSON a client likes to send
  props?: Record<string, any> | undefined;
  attribution?: AttributionData | undefined;
  idempotencyKey?: string | undefined;
}

/** Who is calling, taken from a verified token (contract 6.1). */
export interface Identity {
  /** The claim `sub`. */
  readonly userId: string;
  /** The claim `role`: `ADMIN`, `CREATOR`, `BRAND`, … */
  readonly role: string | null;
  readonly creatorId: string | null;
  readonly brandId: string | null;
}

/** What enrichment needs to know of the request. Lives in KV only, never in Postgres (contract 7.4). */
export interface RequestContext {
  readonly ip: string | null;
  readonly userAgent: string | null;
  readonly referrer: string | null;
  readonly language: string | null;
  /** The headers `Sec-CH-UA…` as they were sent; `null` where none was. */
  readonly clientHints: ClientHints | null;
  /** What a trusted proxy says of the caller's place; `null` without one. */
  readonly place: Place | null;
  /**
   * Asked not to be followed (`Sec-GPC: 1`, setting `HONOR_GPC`): the event belongs to nobody and to no
   * session, and of the place only the country is kept.
   */
  readonly anonymous?: boolean;
  /** The W3C `traceparent` of the request's span, where it is traced: the flush links to it. */
  readonly trace?: string;
}

/** Where a caller is. */
export interface Place {
  /** ISO 3166-1 alpha-2. */
  readonly country: string | null;
  readonly region: string | null;
  readonly city: string | null;
}

/** User agent client hints, each as the header's text. */
export interface ClientHints {
  readonly brands: string | null;
  readonly fullVersions: string | null;
  readonly platform: string | null;
  readonly platformVersion: string | null;
  readonly mobile: string | null;
  readonly model: string | null;
}

/** A caller: the identity, if any, and the request's context. */
export interface Caller {
  readonly identity: Identity | null;
  readonly context: RequestContext;
}

/** One row of the table `events`, column by column (contract 7.1), times as ISO 8601 in UTC. */
export interface EventRow {
  readonly id: string;
  readonly occurred_at: string;
  readonly received_at: string;
  readonly event_type: string;
  readonly known_event_type: boolean;
  readonly source: EventSource;
  readonly entity_type: EntityType | null;
  readonly entity_id: string | null;
  readonly session_id: string | null;
  readonly actor_id: string | null;
  readonly actor_type: string | null;
  readonly user_id: string | null;
  readonly creator_id: string | null;
  readonly brand_id: string | null;
  readonly props: Readonly<Record<string, unknown>> | null;
  readonly attribution: Readonly<AttributionData> | null;
  readonly idempotency_key: string | null;
  /** Hash of what the client sent; kept beside the idempotency key, to tell a replay from a misuse. */
  readonly content_hash: string | null;
}

/**
 * What makes a second event "the same": its idempotency key where it has one (contract 5.3), else its
 * fingerprint (5.1), else, with deduplication off (5.5), nothing.
 */
export type DedupKey =
  | { readonly by: "idempotency_key"; readonly key: string; readonly contentHash: string }
  | { readonly by: "fingerprint"; readonly second: number; readonly value: string }
  | { readonly by: "nothing" };

/** An event that passed admission, encoded once and ready to be buffered. */
export interface AcceptedEvent {
  /** UUID version 7. */
  readonly id: string;
  readonly dedupKey: DedupKey;
  /** The event as one line of a segment, see `line.ts`. */
  readonly line: string;
}
