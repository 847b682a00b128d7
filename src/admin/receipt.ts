/** A delivery receipt: where an event is, and when it got there. */

import { idempotencyKey as claimKeyOf } from "../kv/keys.ts";
import type { Claim } from "../kv/claim.ts";
import { readKeyOwner, readLifecycle, type StoredLifecycle } from "../store/admin_events.ts";
import { findBuffered } from "./buffered.ts";
import type { EventPlaces } from "./recent_events.ts";
import type { Receipt, ReceiptInput } from "./schema.ts";

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

/** Finds an event, wherever it is. */
export async function findReceipt(
  places: EventPlaces,
  { eventId, idempotencyKey }: ReceiptInput,
): Promise<Receipt> {
  const { kv, database } = places;
  let id = eventId ?? null;
  let segment: string | null = null;
  if (idempotencyKey !== undefined) {
    const { value: claim } = await kv.get<Claim>(claimKeyOf(idempotencyKey.toLowerCase()));
    segment = claim?.segment ?? null;
    id = claim?.eventId ?? await database.run((sql) => readKeyOwner(sql, idempotencyKey));
  }
  if (id === null) return UNKNOWN;
  const known = id.toLowerCase();
  // The buffer first: what leaves it meanwhile is a row by the time Postgres is asked. A replayed
  // dead letter goes the other way, and is looked for once more.
  const buffered = await findBuffered(kv, known, segment);
  const life = await database.run((sql) => readLifecycle(sql, known));
  const returned = life.event === null && life.replayed_at !== null
    ? await findBuffered(kv, known, null)
    : null;
  return receiptOf(known, life.event === null ? buffered ?? returned : null, life);
}

function receiptOf(eventId: string, buffered: object | null, life: StoredLifecycle): Receipt {
  const state = stateOf(buffered, life);
  if (state === "unknown") return UNKNOWN;
  const event = life.event ?? buffered ?? parsed(life.payload);
  return {
    state,
    eventId,
    receivedAt: textOf(life.received_at ?? dateOf(event)),
    storedAt: textOf(life.stored_at),
    enrichedAt: textOf(life.enriched_at),
    deadAt: textOf(life.dead_at),
    replayedAt: textOf(life.replayed_at),
    reason: life.reason,
    event: event === null ? null : { ...event },
    enrichment: life.enrichment,
  };
}

function stateOf(buffered: object | null, life: StoredLifecycle): Receipt["state"] {
  if (life.event !== null) return life.enrichment === null ? "stored" : "enriched";
  if (buffered !== null) return "buffered";
  return life.dead_at === null ? "unknown" : "dead_lettered";
}

function dateOf(event: object | null): Date | null {
  const at = event !== null && "received_at" in event ? event.received_at : null;
  return typeof at === "string" ? new Date(at) : null;
}

function textOf(date: Date | null): string | null {
  return date?.toISOString() ?? null;
}

function parsed(payload: string | null): object | null {
  try {
    return payload === null ? null : JSON.parse(payload);
  } catch {
    return null;
  }
}
