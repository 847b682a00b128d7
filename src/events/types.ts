/** The shapes of an event, from request to row; every module may use these. */

import type { ApiKey } from "./api_key.ts";
import type { EntityType, EventSource } from "./catalogue.ts";
import type { Identity, KeyRefusal, TokenRefusal } from "./identification.ts";
import type { AttributionData } from "./track_input.ts";

export type { AttributionData, EventContext, TrackEventInput } from "./track_input.ts";
export type { Identity };

/** The parts of a request that enrichment needs. Kept in KV only, never in Postgres (contract 7.4). */
export interface RequestContext {
  readonly ip: string | null;
  readonly userAgent: string | null;
  readonly referrer: string | null;
  readonly language: string | null;
  /** The `Sec-CH-UA…` headers; `null` where there were none. */
  readonly clientHints: ClientHints | null;
  /** The caller's place as a trusted proxy reports it; `null` without one. */
  readonly place: Place | null;
  /**
   * The caller opted out of tracking (`Sec-GPC: 1`, setting `HONOR_GPC`): the event gets no user and no
   * session, and only the country of the place is kept.
   */
  readonly anonymous?: boolean;
  /** The W3C `traceparent` of the request's span, if it is traced; the flush links to it. */
  readonly trace?: string;
}

/** A caller's place; `null` for unknown parts. */
export interface Place {
  /** ISO 3166-1 alpha-2. */
  readonly country: string | null;
  readonly region: string | null;
  readonly city: string | null;
}

/** User agent client hints, unparsed. */
export interface ClientHints {
  readonly brands: string | null;
  readonly fullVersions: string | null;
  readonly platform: string | null;
  readonly platformVersion: string | null;
  readonly mobile: string | null;
  readonly model: string | null;
}

/** Whom an event belongs to: the caller's user, or whom a server names, perhaps not with all ids. */
export type Subject = { readonly [Name in keyof Identity]: Identity[Name] | null };

/** A caller: the identity, `null` without a user, and the context of the request. */
export interface Caller {
  readonly identity: Subject | null;
  /** The caller's API key, if it has one. */
  readonly key?: ApiKey;
  /** Why the caller's API key is not accepted. */
  readonly keyRefusal?: KeyRefusal;
  /** Whether a user is known who does not want to be named (`Sec-GPC`), so that the caller is not anonymous. */
  readonly isUnnamed?: true;
  readonly context: RequestContext;
  /** Why the caller's token is not accepted; absent without a token or with a valid one. */
  readonly refusal?: TokenRefusal;
  /** Whether the caller's token or key cannot be verified at the moment, so that the caller is unknown. */
  readonly unverified?: "token" | "key";
}

/** One row of the table `events` (contract 7.1); times are ISO 8601 in UTC. */
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
  /** The role of the user; `actor_type` is that of the sender. */
  readonly user_role: string | null;
  readonly props: Readonly<Record<string, unknown>> | null;
  readonly attribution: Readonly<AttributionData> | null;
  readonly idempotency_key: string | null;
  /** Hash of the event's content, kept with the idempotency key: it tells a replay from a conflict. */
  readonly content_hash: string | null;
}

/**
 * What identifies a duplicate: the idempotency key where the event has one (contract 5.3), else the
 * fingerprint (5.1), else, with deduplication off (5.5), nothing.
 */
export type DedupKey =
  | { readonly by: "idempotency_key"; readonly key: string; readonly contentHash: string }
  | { readonly by: "fingerprint"; readonly second: number; readonly value: string }
  | { readonly by: "nothing" };

/** An event that passed admission, encoded for the buffer. */
export interface AcceptedEvent {
  /** UUID version 7. */
  readonly id: string;
  readonly dedupKey: DedupKey;
  /** The event as one line of a segment; see `line.ts`. */
  readonly line: string;
}
