/** Input and output schemas of the `admin.*` procedures. Times are ISO 8601, in UTC. */

import { z } from "zod";
import { storableText } from "../events/storable.ts";

const time = z.iso.datetime();
const uuid = z.guid("must be a UUID (8-4-4-4-12 hexadecimal digits)");
const count = z.int();
/** A counter that someone may have changed to any value, also beyond the integers that JSON is safe for. */
const anyCount = z.number();
const text = z.string().min(1).max(255).transform(storableText);

/** Opaque to clients: where the next page begins. */
const eventCursor = uuid.transform((id) => id.toLowerCase()); // ids are compared as text
const deadLetterCursor = z.string().regex(
  /^(-?\d{1,19}|-?Infinity)~[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
  "must be a cursor that this list returned",
);

function pageFields<C extends z.ZodType>(maxLimit: number, cursor: C) {
  return { limit: z.int().min(1).max(maxLimit).default(50), cursor: cursor.optional() };
}

/** Which events to show; an absent field matches all. */
export const eventFilter = z.object({
  type: text.optional(),
  sessionId: uuid.optional(),
  userId: text.optional(),
});
/** See `eventFilter`. */
export type EventFilter = z.infer<typeof eventFilter>;

/** Health of a component: `null` if healthy, otherwise the reason. */
const state = z.string().nullable();

/** Output of `admin.overview`. */
export const overview = z.object({
  at: time,
  buffer: z.object({
    events: anyCount,
    /** Age of the oldest event, in seconds. */
    oldestSeconds: z.number().nullable(),
    isProcessing: z.boolean(),
  }),
  /** All-time counters of all processes; the difference of two readings is a rate. */
  balance: z.object({
    received: anyCount,
    accepted: anyCount,
    duplicates: anyCount,
    rejected: anyCount,
    buffered: anyCount,
    stored: anyCount,
    replays: anyCount,
    dead_letters: anyCount,
    set_aside: anyCount,
  }),
  /** Of the last hour, in milliseconds; `null` without flushes or while Postgres is unavailable. */
  flush: z.object({ p50Ms: z.number().nullable(), p99Ms: z.number().nullable() }),
  enrichment: z.object({
    enabled: z.boolean(),
    /** Age of the oldest pending record, in seconds; `null` if there is none. */
    lagSeconds: z.number().nullable(),
  }),
  /** Dead letters waiting for an admin; `null` while Postgres is unavailable. */
  deadLetters: count.nullable(),
  /** Outbox records that fail while others do not, and are tried again until they are set aside. */
  failingRecords: count,
  /** Segments and outbox records that were set aside, as they cannot be read or processed. */
  setAside: count,
  /** Other values in KV that this process has found damaged since it was started. */
  damagedValues: count,
  health: z.object({ kv: state, postgres: state, flush: state, enrichment: state }),
  /** Difference of each equation: 0 if it holds, `null` if it cannot be checked now. */
  reconciliation: z.object({
    received: anyCount,
    accepted: anyCount,
    rows: anyCount.nullable(),
  }),
  /** The id in `kv_stores` of a KV that was empty although Postgres had rows; `null` where all is well. */
  suspectKv: z.string().nullable(),
});
/** See `overview`. */
export type Overview = z.infer<typeof overview>;

/** Measures that a plot can show. */
export const MEASURES = [
  "type",
  "source",
  "channel",
  "device",
  "country",
  "duplicates",
  "rejected",
  "flush",
] as const;
/** See `MEASURES`. */
export type Measure = typeof MEASURES[number];
/** Time ranges of a plot. */
export const RANGES = ["hour", "day", "month"] as const;
/** See `RANGES`. */
export type Range = typeof RANGES[number];

/** Input of `admin.timeseries`. */
export const timeseriesInput = z.object({ measure: z.enum(MEASURES), range: z.enum(RANGES) });
/** See `timeseriesInput`. */
export type TimeseriesInput = z.infer<typeof timeseriesInput>;

/** Output of `admin.timeseries`. */
export const timeseries = z.object({
  /** Start of each step in epoch seconds, without gaps; the last step is still in progress. */
  times: z.array(z.int()),
  stepSeconds: z.int(),
  /** Event counts, or for `flush` the quantiles of flush durations in milliseconds. */
  unit: z.enum(["events", "ms"]),
  /** Largest first, then `other` for the rest; a value is `null` if there is no data. */
  series: z.array(z.object({ name: z.string(), values: z.array(z.number().nullable()) })),
});
/** See `timeseries`. */
export type Timeseries = z.infer<typeof timeseries>;

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

/** Input of `admin.deadLetters.list`. */
export const deadLettersInput = z.object({
  ...pageFields(200, deadLetterCursor),
  /** `waiting` for an admin, or already `replayed` into the buffer. */
  state: z.enum(["waiting", "replayed"]).default("waiting"),
});
/** See `deadLettersInput`. */
export type DeadLettersInput = z.infer<typeof deadLettersInput>;

/** Output of `admin.deadLetters.list`: last rejected first. */
export const deadLetterPage = z.object({
  deadLetters: z.array(z.object({
    eventId: uuid,
    eventType: z.string().nullable(),
    /** What was rejected: the event, at the flush, or only its enrichment. */
    step: z.enum(["flush", "enrichment"]),
    /** The error message of Postgres. */
    reason: z.string(),
    sqlstate: z.string().nullable(),
    /** The event's columns as JSON text, as rejected. */
    payload: z.string(),
    deadAt: time.nullable(),
    replayedAt: time.nullable(),
  })),
  nextCursor: deadLetterCursor.nullable(),
});
/** See `deadLetterPage`. */
export type DeadLetterPage = z.infer<typeof deadLetterPage>;

const MAX_DEAD_LETTERS = 100;
const MAX_PAYLOAD = 65_536;

/** Input of `admin.deadLetters.replay`. */
export const replayInput = z.object({
  deadLetters: z.array(z.object({
    eventId: uuid,
    /** The edited columns as JSON text; absent to replay unchanged. */
    payload: z.string().max(MAX_PAYLOAD).optional(),
  })).min(1).max(MAX_DEAD_LETTERS),
});
/** See `replayInput`. */
export type ReplayInput = z.infer<typeof replayInput>;

/** Output of `admin.deadLetters.replay`. */
export const replayed = z.object({
  results: z.array(z.object({
    eventId: uuid,
    /**
     * `replayed`: durably back in the buffer; `already_replayed`: replayed earlier; `unknown`: no
     * such dead letter; `invalid`: the columns are not a valid event, see `message`.
     */
    result: z.enum(["replayed", "already_replayed", "unknown", "invalid"]),
    message: z.string().nullable(),
  })),
});
/** See `replayed`. */
export type Replayed = z.infer<typeof replayed>;

/** Input of `admin.deadLetters.discard`. */
export const discardInput = z.object({ eventIds: z.array(uuid).min(1).max(MAX_DEAD_LETTERS) });
/** Output of `admin.deadLetters.discard`: how many were deleted. */
export const discarded = z.object({ discarded: count });

/** Output of `admin.rejections`: the rules that clients broke, most recent first. */
export const rejections = z.object({
  /** How long rules are kept, in hours. */
  hours: z.number(),
  rejections: z.array(z.object({
    /** The outcome (contract section 2): `invalid`, `rule_violated`, `too_large`, `conflict`, … */
    kind: z.string(),
    /** The rule and the field. */
    rule: z.string(),
    /** The message that the last client received. */
    message: z.string(),
    events: count,
    firstAt: time,
    lastAt: time,
    /** The last event that broke it, as redacted JSON text. */
    example: z.string(),
  })),
});
/** See `rejections`. */
export type Rejections = z.infer<typeof rejections>;
