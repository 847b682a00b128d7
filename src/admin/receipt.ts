/** Delivery receipts: where an event is and when it reached each step. */

import type { Claim } from "../kv/claim.ts";
import { readKeyOwner, readLifecycle, type StoredLifecycle } from "../store/admin_events.ts";
import { findBuffered } from "./buffered_events.ts";
import { toIsoTime } from "./iso_time.ts";
import type { EventStores } from "./recent_events.ts";
import type { Receipt, ReceiptInput } from "./schema/events.ts";

const UNKNOWN: Receipt = {
  state: "unknown",
  eventId: null,
  receivedAt: null,
  storedAt: null,
  enrichedAt: null,
  deadAt: null,
  replayedAt: null,
  reason: null,
  event: null,
  enrichment: null,
};

/** The stores, and the claims of idempotency keys. */
export interface ReceiptStores extends EventStores {
  /** The claim of a key in lower case, `null` if KV has none. */
  readonly findClaim: (key: string) => Promise<Claim | null>;
}

/** Finds an event in the buffer, in Postgres or among the dead letters. */
export async function findReceipt(
  stores: ReceiptStores,
  { eventId, idempotencyKey }: ReceiptInput,
): Promise<Receipt> {
  const { kv, database } = stores;
  let id = eventId ?? null;
  let segment: string | null = null;
  if (idempotencyKey !== undefined) {
    const claim = await stores.findClaim(idempotencyKey.toLowerCase());
    segment = claim?.segment ?? null;
    id = claim?.eventId ?? await database.run((sql) => readKeyOwner(sql, idempotencyKey));
  }
  if (id === null) return UNKNOWN;
  const lowerId = id.toLowerCase();
  // Buffer before Postgres: an event that is flushed in between is found as a row. A replayed dead
  // letter moves the other way, so the buffer is searched again.
  const buffered = await findBuffered(kv, lowerId, segment);
  const lifecycle = await database.run((sql) => readLifecycle(sql, lowerId));
  const returned = lifecycle.event === null && lifecycle.replayed_at !== null
    ? await findBuffered(kv, lowerId, null)
    : null;
  return toReceipt(lowerId, lifecycle.event === null ? buffered ?? returned : null, lifecycle);
}

function toReceipt(eventId: string, buffered: object | null, lifecycle: StoredLifecycle): Receipt {
  const state = toState(buffered, lifecycle);
  if (state === "unknown") return UNKNOWN;
  const event = lifecycle.event ?? buffered ?? parsePayload(lifecycle.payload);
  return {
    state,
    eventId,
    receivedAt: toIsoTime(lifecycle.received_at ?? readReceivedAt(event)),
    storedAt: toIsoTime(lifecycle.stored_at),
    enrichedAt: toIsoTime(lifecycle.enriched_at),
    deadAt: toIsoTime(lifecycle.dead_at),
    replayedAt: toIsoTime(lifecycle.replayed_at),
    reason: lifecycle.reason,
    event: event === null ? null : { ...event },
    enrichment: lifecycle.enrichment,
  };
}

function toState(buffered: object | null, lifecycle: StoredLifecycle): Receipt["state"] {
  if (lifecycle.event !== null) return lifecycle.enrichment === null ? "stored" : "enriched";
  if (buffered !== null) return "buffered";
  return lifecycle.dead_at === null ? "unknown" : "dead_lettered";
}

function readReceivedAt(event: object | null): unknown {
  return event !== null && "received_at" in event ? event.received_at : null;
}

function parsePayload(payload: string | null): object | null {
  try {
    const value: unknown = payload === null ? null : JSON.parse(payload);
    return typeof value === "object" && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}
