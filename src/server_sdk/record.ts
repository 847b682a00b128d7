/** From what the caller tracks to a record of the queue. */

import { SluiceError } from "./errors.ts";
import type { ServerEvent, Tracked, User } from "./types.ts";

/** An event in the queue. */
export interface QueueRecord {
  /** A version 7 UUID: ids sort in the order of the calls. */
  readonly id: string;
  /** When it happened by this machine's clock, if the SDK set the event's time; else `null`. */
  readonly at: number | null;
  /** The event as JSON, as it is sent. */
  readonly json: string;
  /** Its size in the spool, about that on the wire. */
  readonly bytes: number;
  /** Settles the caller's promise; `null` once it is settled. */
  promise: Settle | null;
}

/** Settles the promise of `track`. */
export interface Settle {
  resolve(durable: Tracked["durable"]): void;
  reject(error: SluiceError): void;
}

/** No event that the service takes is larger (contract 2.7), and no request (contract 2.19) should be. */
export const MAX_EVENT_BYTES = 60_000;

/** UUIDs that stand for none (contract 5.9): a retry would not be told from a second event. */
const UNSET = /^[0-]+$|^[f-]+$/i;

const UTF8 = /* @__PURE__ */ new TextEncoder();

/**
 * Copies an event as JSON, so that the caller may change it afterwards.
 *
 * @throws {SluiceError} `invalid`, for what can never be sent
 */
export function toRecord(
  event: ServerEvent,
  { id, now, source, user }: { id: string; now: number; source: string; user: User },
): QueueRecord & { readonly key: string } {
  const { eventType, props, occurredAt, context, ...rest } = (event ?? {}) as ServerEvent;
  if (typeof eventType !== "string" || eventType === "") {
    throw invalid(`eventType must be a text, got ${describe(eventType)}`);
  }
  if (props !== undefined && (typeof props !== "object" || props === null)) {
    throw invalid(`props of ${eventType} must be an object, got ${describe(props)}`);
  }
  const happenedAt = Number(occurredAt ?? now);
  if (!Number.isFinite(happenedAt) || Math.abs(happenedAt) > 8.64e15) {
    throw invalid(`occurredAt of ${eventType} must be a time, got ${describe(occurredAt)}`);
  }
  const isTimed = (props?.["occurred_at"] ?? null) !== null;
  const key = UNSET.test(rest.idempotencyKey ?? "0") ? id : String(rest.idempotencyKey);
  let json: string;
  try {
    json = JSON.stringify({
      eventType,
      source: rest.source ?? source,
      entityType: rest.entityType,
      entityId: rest.entityId,
      sessionId: rest.sessionId,
      attribution: rest.attribution,
      context: withoutEmpty({ ...user, ...context }),
      idempotencyKey: key,
      props: isTimed ? props : { ...props, occurred_at: new Date(happenedAt).toISOString() },
    });
  } catch (cause) {
    throw invalid(`${eventType} is not JSON: ${String(cause)}`);
  }
  const bytes = UTF8.encode(json).length;
  if (bytes > MAX_EVENT_BYTES) {
    throw invalid(`${eventType} has ${bytes} bytes of JSON; the service takes up to 32 KiB`);
  }
  return { id, at: isTimed ? null : happenedAt, json, bytes, key, promise: null };
}

/** The event as it is sent, with its time corrected if this machine's clock is wrong. */
export function toWire({ json, at }: QueueRecord, offsetMs: number): string {
  if (offsetMs === 0 || at === null) return json;
  const event = JSON.parse(json);
  event.props.occurred_at = new Date(at - offsetMs).toISOString();
  return JSON.stringify(event);
}

function withoutEmpty(user: User): User | undefined {
  return Object.values(user).some((value) => value !== undefined) ? user : undefined;
}

function invalid(message: string): SluiceError {
  return new SluiceError("invalid", message, { kept: false });
}

/** Repeats no contents, which may be personal. */
function describe(value: unknown): string {
  if (value === "") return "an empty one";
  if (value instanceof Date) return "an invalid date";
  return value === null ? "null" : Array.isArray(value) ? "an array" : typeof value;
}
