/** The schemas of the procedures that show events: `recentEvents`, `tail` and `receipt`. */

import { z } from "zod";
import { pageFields, text, time, uuid } from "./fields.ts";

/** Which events to show; an absent field matches all. */
export const eventFilter = z.object({
  type: text.optional(),
  sessionId: uuid.optional(),
  userId: text.optional(),
});
/** See `eventFilter`. */
export type EventFilter = z.infer<typeof eventFilter>;

/** Opaque to clients: where the next page begins. */
const eventCursor = uuid.transform((id) => id.toLowerCase()); // ids are compared as text

/** An event in a list. */
export const listedEvent = z.object({
  eventId: uuid,
  /** `null` where it is no time that ISO 8601 can write; so are all times of rows. */
  receivedAt: time.nullable(),
  occurredAt: time.nullable(),
  eventType: z.string(),
  knownEventType: z.boolean(),
  source: z.string(),
  entityType: z.string().nullable(),
  entityId: z.string().nullable(),
  sessionId: z.string().nullable(),
  userId: z.string().nullable(),
  state: z.enum(["buffered", "stored"]),
});
/** See `listedEvent`. */
export type ListedEvent = z.infer<typeof listedEvent>;

/** Input of `admin.recentEvents`. */
export const recentEventsInput = eventFilter.extend(pageFields(200, eventCursor));
/** See `recentEventsInput`. */
export type RecentEventsInput = z.infer<typeof recentEventsInput>;

/** Output of `admin.recentEvents`: newest first, by time of receipt. */
export const eventPage = z.object({
  events: z.array(listedEvent),
  /** `null` on the last page. */
  nextCursor: eventCursor.nullable(),
});
/** See `eventPage`. */
export type EventPage = z.infer<typeof eventPage>;

/** Input of `admin.tail`. */
export const tailInput = eventFilter.extend({
  /** Set by tRPC when it resumes. */
  lastEventId: uuid.nullish(),
});
/** See `tailInput`. */
export type TailInput = z.infer<typeof tailInput>;

/** An update of `admin.tail`: new events, newest first. */
export const tailUpdate = z.object({
  events: z.array(listedEvent),
  /** Older events of this update were left out. */
  more: z.boolean(),
});
/** See `tailUpdate`. */
export type TailUpdate = z.infer<typeof tailUpdate>;

/** Input of `admin.receipt`. */
export const receiptInput = z.union([
  z.object({ eventId: uuid, idempotencyKey: z.undefined().optional() }),
  z.object({ idempotencyKey: uuid, eventId: z.undefined().optional() }),
], { error: "must be {eventId} or {idempotencyKey}, a UUID" });
/** See `receiptInput`. */
export type ReceiptInput = z.infer<typeof receiptInput>;

/** States of an event. */
export const EVENT_STATES = ["unknown", "buffered", "stored", "enriched", "dead_lettered"] as const;

const json = z.record(z.string(), z.unknown());

/** Output of `admin.receipt`: an event's lifecycle so far. */
export const receipt = z.object({
  state: z.enum(EVENT_STATES),
  /** `null` where the event is unknown. */
  eventId: uuid.nullable(),
  receivedAt: time.nullable(),
  /** When it was written to Postgres. */
  storedAt: time.nullable(),
  enrichedAt: time.nullable(),
  /** When Postgres last rejected it. */
  deadAt: time.nullable(),
  /** When it was last replayed, back into the buffer. */
  replayedAt: time.nullable(),
  /** Why it is a dead letter. */
  reason: z.string().nullable(),
  /** The columns of `events`. */
  event: json.nullable(),
  /** The columns of `event_enrichments`. */
  enrichment: json.nullable(),
});
/** See `receipt`. */
export type Receipt = z.infer<typeof receipt>;
