/** Builds an event's row, and its request's context as JSON text. */

import { API_KEY_ACTOR } from "../events/api_key.ts";
import { isKnownEventType } from "../events/catalogue.ts";
import type { WithoutNulls } from "../events/line.ts";
import type { ParsedEvent } from "../events/schema.ts";
import { reduceToHost } from "../events/referrer.ts";
import { storableJson } from "../events/storable.ts";
import type { Caller, DedupKey, EventRow, RequestContext } from "../events/types.ts";
import type { UrlFilter } from "../events/url_filter.ts";

/** Builds the row of an event. `own` has the columns that neither event nor caller determine. */
export function toRow(
  event: ParsedEvent,
  { identity, key, context }: Caller,
  dedupKey: DedupKey,
  own: Pick<EventRow, "id" | "received_at" | "occurred_at">,
): WithoutNulls<EventRow> & Pick<EventRow, "id"> {
  return {
    id: own.id,
    occurred_at: own.occurred_at,
    received_at: own.received_at,
    event_type: event.eventType,
    known_event_type: isKnownEventType(event.eventType),
    source: event.source,
    entity_type: event.entityType,
    entity_id: event.entityId,
    // The fingerprint still includes it, or anonymous visitors would be each other's duplicates.
    session_id: context.anonymous ? undefined : event.sessionId,
    actor_id: key?.id ?? identity?.userId ?? undefined,
    actor_type: key === undefined ? identity?.role ?? undefined : API_KEY_ACTOR,
    user_id: identity?.userId ?? undefined,
    creator_id: identity?.creatorId ?? undefined,
    brand_id: identity?.brandId ?? undefined,
    user_role: identity?.role ?? undefined,
    props: context.anonymous ? withHostAsReferrer(event.props) : event.props,
    attribution: context.anonymous ? withHostAsReferrer(event.attribution) : event.attribution,
    idempotency_key: dedupKey.by === "idempotency_key" ? dedupKey.key : undefined,
    content_hash: dedupKey.by === "idempotency_key" ? dedupKey.contentHash : undefined,
  };
}

/** Reduces the field `referrer`, if there is one, to its host (contract 7.6). */
function withHostAsReferrer<T extends { readonly referrer?: unknown }>(
  fields: T | undefined,
): T | undefined {
  if (fields?.referrer === undefined) return fields;
  const { referrer } = fields;
  const host = typeof referrer === "string" ? reduceToHost(referrer) : null;
  return { ...fields, referrer: host ?? undefined };
}

/** Creates a formatter of epoch milliseconds as ISO 8601 that caches the last: many events share one. */
export function createIsoFormatter(): (ms: number) => string {
  let last = NaN;
  let text = "";
  return function formatIso(ms) {
    if (ms !== last) text = new Date(ms).toISOString();
    last = ms;
    return text;
  };
}

/** The context as JSON text, without its nulls and without secrets in the referrer. */
export function toContextJson(context: RequestContext, urls: UrlFilter): string {
  const sparse: WithoutNulls<RequestContext> = {
    ip: context.ip ?? undefined,
    userAgent: context.userAgent ?? undefined,
    referrer: context.referrer === null ? undefined : urls.text("referrer", context.referrer),
    language: context.language ?? undefined,
    clientHints: context.clientHints ?? undefined,
    place: context.place ?? undefined,
    anonymous: context.anonymous,
    trace: context.trace,
  };
  return storableJson(JSON.stringify(sparse));
}
