/** Admission: from what a client sent to an accepted event, or a reason. Pure but for clock and ids. */

import { isKnownEventType, REQUIRED_PROPS } from "../events/catalogue.ts";
import { contentHash, fingerprint } from "../events/fingerprint.ts";
import { joinLine, type WithoutNulls } from "../events/line.ts";
import { readOccurredAt } from "../events/occurred_at.ts";
import type { BusinessRule, Rejection } from "../events/outcome.ts";
import { type ParsedEvent, trackEventSchema } from "../events/schema.ts";
import { storableJson } from "../events/storable.ts";
import type {
  AcceptedEvent,
  Caller,
  EventRow,
  RequestContext,
  Sameness,
  TrackEventInput,
} from "../events/types.ts";

/** The largest event as JSON, in bytes (contract 2.7). */
export const MAX_EVENT_BYTES = 32 * 1024;

/** What admission needs from outside. */
export interface AdmissionOptions {
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** A UUID version 7. */
  readonly newId: () => string;
  readonly clockToleranceMs: number;
  readonly strictEventTypes: boolean;
  readonly deduplicate: boolean;
}

/** Judges one event. */
export type Admit = (raw: unknown, caller: Caller) => Admission;

/** An accepted event, or the reason why it is not. */
export type Admission =
  | { readonly ok: true; readonly event: AcceptedEvent }
  | { readonly ok: false; readonly rejection: Rejection };

/** Makes the function that admits events. */
export function createAdmit(options: AdmissionOptions): Admit {
  let context: RequestContext | null = null;
  let contextJson = "";

  return function admit(raw, caller) {
    const parsed = trackEventSchema.safeParse(raw);
    if (!parsed.success) return reject({ kind: "invalid", error: parsed.error });
    const event = parsed.data;

    const bytes = sizeOf(raw as TrackEventInput, event);
    if (bytes > MAX_EVENT_BYTES) return reject({ kind: "too_large", message: tooLarge(bytes) });

    if (options.strictEventTypes && !isKnownEventType(event.eventType)) {
      return refuse("known_event_type", `eventType "${event.eventType}" is not in the catalogue`);
    }
    const missing = missingProps(event);
    if (missing.length > 0) {
      return refuse(
        "required_props",
        `${event.eventType} requires ${missing.map((prop) => `props.${prop}`).join(", ")}`,
      );
    }
    const receivedAtMs = options.now();
    const occurredAt = event.props?.["occurred_at"] === undefined
      ? { ms: receivedAtMs }
      : readOccurredAt(event.props["occurred_at"], receivedAtMs, options.clockToleranceMs);
    if ("reason" in occurredAt) {
      return refuse("occurred_at", `props.occurred_at ${occurredAt.reason}`);
    }
    const times = { receivedAtMs, occurredAtMs: occurredAt.ms };
    if (caller.context !== context) {
      context = caller.context; // that of the next event as well, in a batch
      contextJson = contextJsonOf(context);
    }
    return { ok: true, event: encode(options, event, caller, times, contextJson) };
  };
}

interface Times {
  readonly receivedAtMs: number;
  readonly occurredAtMs: number;
}

function encode(
  options: AdmissionOptions,
  event: ParsedEvent,
  caller: Caller,
  times: Times,
  contextJson: string,
): AcceptedEvent {
  const { identity } = caller;
  const sameness = samenessOf(options, event, caller, times);
  const row: WithoutNulls<EventRow> & Pick<EventRow, "id"> = {
    id: options.newId(),
    occurred_at: new Date(times.occurredAtMs).toISOString(),
    received_at: new Date(times.receivedAtMs).toISOString(),
    event_type: event.eventType,
    known_event_type: isKnownEventType(event.eventType),
    source: event.source,
    entity_type: event.entityType,
    entity_id: event.entityId,
    // The fingerprint knows it still: visitors whom nothing tells apart would be each other's duplicates.
    session_id: caller.context.anonymous ? undefined : event.sessionId,
    actor_id: identity?.userId,
    actor_type: identity?.role ?? undefined,
    user_id: identity?.userId,
    creator_id: identity?.creatorId ?? undefined,
    brand_id: identity?.brandId ?? undefined,
    props: event.props,
    attribution: event.attribution,
    idempotency_key: sameness.by === "idempotency_key" ? sameness.key : undefined,
    content_hash: sameness.by === "idempotency_key" ? sameness.contentHash : undefined,
  };
  const line = joinLine(storableJson(JSON.stringify(row)), contextJson);
  return { id: row.id, sameness, line };
}

function contextJsonOf(context: RequestContext): string {
  const sparse: WithoutNulls<RequestContext> = {
    ip: context.ip ?? undefined,
    userAgent: context.userAgent ?? undefined,
    referrer: context.referrer ?? undefined,
    language: context.language ?? undefined,
    clientHints: context.clientHints ?? undefined,
    place: context.place ?? undefined,
    anonymous: context.anonymous,
    trace: context.trace,
  };
  return storableJson(JSON.stringify(sparse));
}

/** Contract 5.3 and 5.5: the key alone where there is one, else the fingerprint where it is on. */
function samenessOf(
  options: AdmissionOptions,
  event: ParsedEvent,
  caller: Caller,
  times: Times,
): Sameness {
  if (event.idempotencyKey !== undefined) {
    const { idempotencyKey, ...content } = event;
    // A retry may tell the time better than the first try did: its clock was corrected in between.
    if (content.props !== undefined) content.props = { ...content.props, occurred_at: undefined };
    return {
      by: "idempotency_key",
      key: idempotencyKey.toLowerCase(),
      contentHash: contentHash(content),
    };
  }
  if (!options.deduplicate) return { by: "nothing" };
  return {
    by: "fingerprint",
    ...fingerprint({
      eventType: event.eventType,
      userId: caller.identity?.userId ?? null,
      entityId: event.entityId ?? null,
      sessionId: event.sessionId ?? null,
      occurredAtMs: times.occurredAtMs,
    }),
  };
}

/** Contract 4.4. */
function missingProps(event: ParsedEvent): string[] {
  if (!Object.hasOwn(REQUIRED_PROPS, event.eventType)) return [];
  const { props } = event;
  return REQUIRED_PROPS[event.eventType]?.filter((name) =>
    props === undefined || !Object.hasOwn(props, name) || props[name] === undefined
  ) ?? [];
}

/**
 * Bytes of an event as JSON (contract 2.7), or fewer where it is small for certain. The event is what
 * the schema knows of it: unknown keys do not count, nor does the source that the schema adds.
 */
function sizeOf(raw: TrackEventInput, event: ParsedEvent): number {
  const json = JSON.stringify({ ...event, source: raw.source });
  // A UTF-16 unit is at most 3 bytes of UTF-8.
  return json.length * 3 <= MAX_EVENT_BYTES ? json.length : new TextEncoder().encode(json).length;
}

function tooLarge(bytes: number): string {
  return `The event is ${bytes} bytes as JSON; an event may be at most ${MAX_EVENT_BYTES}`;
}

function reject(rejection: Rejection): Admission {
  return { ok: false, rejection };
}

function refuse(rule: BusinessRule, message: string): Admission {
  return reject({ kind: "refused", rule, message });
}
