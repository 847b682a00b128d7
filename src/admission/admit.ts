/** Admission: turns raw input into an accepted event or a rejection. Pure except for clock and ids. */

import { allows } from "../events/api_key.ts";
import { encodeRow, joinLine } from "../events/line.ts";
import type { Rejection } from "../events/outcome.ts";
import { trackEventSchema } from "../events/schema.ts";
import { storableJson } from "../events/storable.ts";
import { transformedError } from "../events/transformed.ts";
import type { AcceptedEvent, Caller, RequestContext, TrackEventInput } from "../events/types.ts";
import type { UrlFilter } from "../events/url_filter.ts";
import { dedupKeyOf, type DedupOptions } from "./dedup_key.ts";
import { createIsoFormatter, toContextJson, toRow } from "./row.ts";
import { checkRules, type RulesOptions } from "./rules.ts";
import { isFarTooLarge } from "./size.ts";
import { type AttributedEvent, eventOnBehalfSchema, onBehalf, withSession } from "./on_behalf.ts";
import { withoutNulls, withoutNullsIn } from "./without_nulls.ts";

/** The largest event as JSON, in bytes (contract 2.7). */
export const MAX_EVENT_BYTES = 32 * 1024;
/** Exceeds the field names of an event plus the session id that an anonymous row lacks. */
const NAMES_LENGTH = 200;
/** Exceeds what a row lacks of the context of an event on behalf of somebody. */
const CONTEXT_LENGTH = 800;

/** Options of `createAdmit`. */
export interface AdmissionOptions extends RulesOptions, DedupOptions {
  /** Returns a UUID version 7. */
  readonly newId: () => string;
  /** Removes secrets from URLs. */
  readonly urls: UrlFilter;
  /** Changes a context before it is stored (`KEEP_IP=false`); by default it is stored as it is. */
  readonly reduceContext?: ((context: RequestContext) => RequestContext) | undefined;
}

/** Validates one event and encodes it for the buffer. */
export type Admit = (raw: unknown, caller: Caller) => Admission;

/** An accepted event, or why it is rejected. */
export type Admission =
  | { readonly ok: true; readonly event: AcceptedEvent }
  | { readonly ok: false; readonly rejection: Rejection };

/** Creates the function that admits events. */
export function createAdmit(options: AdmissionOptions): Admit {
  const formatIso = createIsoFormatter();
  let context: RequestContext | null = null;
  let contextJson = "";

  /** Without what URLs may not have (contract 4.11); an event without such is returned unchanged. */
  function withoutSecrets(event: AttributedEvent): AttributedEvent {
    const props = options.urls.value("props", event.props);
    const attribution = options.urls.value("attribution", event.attribution);
    if (props === event.props && attribution === event.attribution) return event;
    return { ...event, props, attribution };
  }

  return function admit(sent, sender) {
    const { key } = sender;
    const mayName = key !== undefined && allows(key, "ingest:as");
    const raw = mayName ? withoutNullsIn(withoutNulls(sent), "context") : withoutNulls(sent);
    if (isFarTooLarge(raw, MAX_EVENT_BYTES)) return reject(FAR_TOO_LARGE);
    const parsed = mayName ? eventOnBehalfSchema.safeParse(raw) : trackEventSchema.safeParse(raw);
    if (!parsed.success) {
      return reject({ kind: "invalid", error: transformedError(raw) ?? parsed.error });
    }
    const attributed: AttributedEvent = parsed.data;
    const { context: subject } = attributed;
    const caller = subject === undefined ? sender : onBehalf(sender, subject);
    const event = withoutPlaceholders(withSession(attributed));

    const isImported = key !== undefined && allows(key, "import");
    const times = checkRules(options, event, isImported);
    if ("kind" in times) return reject(tooLarge(raw as TrackEventInput, event) ?? times);
    const stored = withoutSecrets(event);
    // The content hash tells whether the stored event is the same; a fingerprint has all that was sent,
    // so that two events which differ in a parameter that is not kept are still two.
    const identified = event.idempotencyKey === undefined ? event : stored;
    const dedupKey = dedupKeyOf(options, identified, caller, times.statedAtMs, raw);
    const row = toRow(stored, caller, dedupKey, {
      id: options.newId(),
      received_at: formatIso(times.receivedAtMs),
      occurred_at: formatIso(times.occurredAtMs),
    });
    const rowJson = encodeRow(row);
    // Cheap bound: an event exceeds its row by at most its names, and a UTF-16 unit is at most 3 bytes.
    const unseen = NAMES_LENGTH + (subject === undefined ? 0 : CONTEXT_LENGTH);
    if ((rowJson.length + unseen) * 3 > MAX_EVENT_BYTES) {
      const rejection = tooLarge(raw as TrackEventInput, event);
      if (rejection !== null) return reject(rejection);
    }
    if (caller.context !== context) {
      context = caller.context; // a batch's events share it
      const { reduceContext } = options;
      contextJson = toContextJson(reduceContext?.(context) ?? context, options.urls);
    }
    return {
      ok: true,
      event: { id: row.id, dedupKey, line: joinLine(storableJson(rowJson), contextJson) },
    };
  };
}

/** The nil and the max UUID: what libraries have where no id was set. */
const PLACEHOLDER = /^(?:0{8}-0{4}-0{4}-0{4}-0{12}|f{8}-f{4}-f{4}-f{4}-f{12})$/i;

/** Without ids that all events of a client without ids would share (contract 5.9). */
function withoutPlaceholders(event: AttributedEvent): AttributedEvent {
  const { sessionId = "", idempotencyKey = "" } = event;
  if (!PLACEHOLDER.test(sessionId) && !PLACEHOLDER.test(idempotencyKey)) return event;
  return {
    ...event,
    sessionId: PLACEHOLDER.test(sessionId) ? undefined : event.sessionId,
    idempotencyKey: PLACEHOLDER.test(idempotencyKey) ? undefined : event.idempotencyKey,
  };
}

const FAR_TOO_LARGE: Rejection = {
  kind: "too_large",
  message: `The event is more than ${MAX_EVENT_BYTES} bytes of JSON, which is the limit`,
};

/**
 * Rejects an event that is too large as JSON (contract 2.7). Unknown keys do not count, nor does the
 * source that the schema adds.
 */
function tooLarge(raw: TrackEventInput, event: AttributedEvent): Rejection | null {
  const json = JSON.stringify({ ...event, source: raw.source });
  const bytes = new TextEncoder().encode(json).length;
  if (bytes <= MAX_EVENT_BYTES) return null;
  return {
    kind: "too_large",
    message: `The event is ${bytes} bytes of JSON; the limit is ${MAX_EVENT_BYTES} bytes`,
  };
}

function reject(rejection: Rejection): Admission {
  return { ok: false, rejection };
}
