/** What makes a second event "the same": its idempotency key or its fingerprint (contract section 5). */

import { computeFingerprint, hashContent } from "../events/fingerprint.ts";
import type { Caller, DedupKey } from "../events/types.ts";
import { toNetworkKey } from "../ip_address.ts";
import type { AttributedEvent } from "./on_behalf.ts";
import { OPTIONAL } from "./without_nulls.ts";

/** Options of `dedupKeyOf`. */
export interface DedupOptions {
  readonly deduplicate: boolean;
  /** When an event's content belongs to its fingerprint; `auto`: without a session (contract 5.1). */
  readonly fingerprintContent: "auto" | "always" | "never";
}

/**
 * Contract 5.3 and 5.5: the idempotency key if there is one, else the fingerprint if enabled.
 *
 * @param statedAtMs when the event happened by the client's clock: events that a fast clock dates in the
 * future all become the time of receipt, and would be each other's duplicates
 * @param raw the event as the client sent it, with fields that the schema ignores
 */
export function dedupKeyOf(
  options: DedupOptions,
  event: AttributedEvent,
  caller: Caller,
  statedAtMs: number,
  raw: unknown,
): DedupKey {
  if (event.idempotencyKey !== undefined) {
    return {
      by: "idempotency_key",
      key: event.idempotencyKey.toLowerCase(),
      contentHash: hashContent(contentOf(withoutRequest(event))),
    };
  }
  if (!options.deduplicate) return { by: "nothing" };
  const parts = {
    eventType: event.eventType,
    userId: caller.identity?.userId ?? caller.key?.id ?? null,
    entityId: event.entityId ?? null,
    sessionId: event.sessionId ?? null,
    occurredAtMs: statedAtMs,
  };
  return {
    by: "fingerprint",
    ...computeFingerprint(parts, detailsOf(options.fingerprintContent, event, caller, raw)),
  };
}

/** What tells events apart besides the parts of every fingerprint; `null`: nothing. */
function detailsOf(
  when: DedupOptions["fingerprintContent"],
  event: AttributedEvent,
  { identity, key, context }: Caller,
  raw: unknown,
): unknown {
  const hasSession = event.sessionId !== undefined;
  const isOnBehalf = event.context !== undefined;
  if (when === "never" || (when === "auto" && hasSession && !isOnBehalf)) return null;
  const isUnknown = identity === null && key === undefined && !hasSession;
  const network = isUnknown && context.ip !== null ? toNetworkKey(context.ip) : null;
  // Of the session only the id counts, in whichever case, and the other parts have it.
  const content = contentOf(hasSession ? { ...event, sessionId: undefined } : event);
  const visitor = isUnknown ? [context.userAgent, context.referrer, context.language] : isOnBehalf // the user may be that of another sender's event
    ? [key?.id]
    : null;
  return [content, ignoredFields(raw), network, visitor];
}

const KNOWN: ReadonlySet<string> = new Set(["eventType", ...OPTIONAL]);

/**
 * Fields that are not stored, such as a recipient beside `props`, still tell events apart. Only plain
 * values: nested ones are of any depth.
 */
function ignoredFields(raw: unknown): unknown {
  const fields = Object.entries(raw as Record<string, unknown>)
    .filter(([name, value]) => !KNOWN.has(name) && typeof value !== "object");
  return fields.length === 0 ? null : Object.fromEntries(fields);
}

/** A retry may come from another address, as it may without a server in between. */
function withoutRequest(event: AttributedEvent): AttributedEvent {
  if (event.context === undefined) return event;
  return { ...event, context: { ...event.context, ip: undefined, userAgent: undefined } };
}

/**
 * What the client sent, but for its key and the time: a retry may state the time differently, as the
 * client may have corrected its clock in between, and a fingerprint has it to the second.
 */
function contentOf(event: AttributedEvent): unknown {
  const content = { ...event, idempotencyKey: undefined };
  if (content.props !== undefined) content.props = { ...content.props, occurred_at: undefined };
  return content;
}
