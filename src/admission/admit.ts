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
  const isoOf = createIsoText();
  let context: RequestContext | null = null;
  let contextJson = "";

  return function admit(raw, caller) {
    const parsed = trackEventSchema.safeParse(raw);
    if (!parsed.success) return reject({ kind: "invalid", error: parsed.error });
    const event = parsed.data;

    const times = timesOf(options, event);
    if ("kind" in times) return reject(tooLarge(raw as TrackEventInput, event) ?? times);
    const sameness = samenessOf(options, event, caller, times);
    const row = rowOf(event, caller, sameness, {
      id: options.newId(),
      received_at: isoOf(times.receivedAtMs),
      occurred_at: isoOf(times.occurredAtMs),
    });
    const rowJson = JSON.stringify(row);
    // A row is longer than its event, and a UTF-16 unit at most 3 bytes of UTF-8.
    if (rowJson.length * 3 > MAX_EVENT_BYTES) {
      const rejection = tooLarge(raw as TrackEventInput, event);
      if (rejection !== null) return reject(rejection);
    }
    if (caller.context !== context) {
      context = caller.context; // that of the next event as well, in a batch
      contextJson = contextJsonOf(context);
    }
    return {
      ok: true,
      event: { id: row.id, sameness, line: joinLine(storableJson(rowJson), contextJson) },
    };
  };
}

interface Times {
  readonly receivedAtMs: number;
  readonly occurredAtMs: number;
}

/** When an event that keeps the rules happened and arrived, or the rule that it breaks. */
function timesOf(options: AdmissionOptions, event: ParsedEvent): Times | Refusal {
  if (options.strictEventTypes && !isKnownEventType(event.eventType)) {
    return refusal("known_event_type", `eventType "${event.eventType}" is not in the catalogue`);
  }
  const missing = missingProps(event);
  if (missing.length > 0) {
    const names = missing.map((prop) => `props.${prop}`).join(", ");
    return refusal("required_props", `${event.eventType} requires ${names}`);
  }
  const receivedAtMs = options.now();
  const told = event.props?.["occurred_at"];
  if (told === undefined) return { receivedAtMs, occurredAtMs: receivedAtMs };
  const occurredAt = readOccurredAt(told, receivedAtMs, options.clockToleranceMs);
  return "reason" in occurredAt
    ? refusal("occurred_at", `props.occurred_at ${occurredAt.reason}`)
    : { receivedAtMs, occurredAtMs: occurredAt.ms };
}

function rowOf(
  event: ParsedEvent,
  { identity, context }: Caller,
  sameness: Sameness,
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
    // The fingerprint knows it still: visitors whom nothing tells apart would be each other's duplicates.
    session_id: context.anonymous ? undefined : event.sessionId,
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
}

/** Moments as ISO 8601 text. Most events happen when they arrive, and many arrive in one millisecond. */
function createIsoText(): (ms: number) => string {
  let last = NaN;
  let text = "";
  return function isoOf(ms) {
    if (ms !== last) text = new Date(ms).toISOString();
    last = ms;
    return text;
  };
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
 * The refusal of an event that is too large as JSON (contract 2.7). The event is what the schema knows
 * of it: unknown keys do not count, nor does the source that the schema adds.
 */
function tooLarge(raw: TrackEventInput, event: ParsedEvent): Rejection | null {
  const json = JSON.stringify({ ...event, source: raw.source });
  const bytes = new TextEncoder().encode(json).length;
  if (bytes <= MAX_EVENT_BYTES) return null;
  return {
    kind: "too_large",
    message: `The event is ${bytes} bytes as JSON; an event may be at most ${MAX_EVENT_BYTES}`,
  };
}

function reject(rejection: Rejection): Admission {
  return { ok: false, rejection };
}

type Refusal = Rejection & { kind: "refused" };

function refusal(rule: BusinessRule, message: string): Refusal {
  return { kind: "refused", rule, message };
}
