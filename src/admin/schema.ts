/** What admins ask and are told: the schemas of `admin.*`, in and out. Times are ISO 8601, in UTC. */

import { z } from "zod";

const time = z.iso.datetime();
const uuid = z.guid("must be a UUID (8-4-4-4-12 hexadecimal digits)");
const count = z.int();
const text = z.string().min(1).max(255);

/** Where the next page begins; to be given back as it came. */
const eventCursor = uuid;
const deadLetterCursor = z.string().regex(
  /^\d{1,18}~[0-9a-f-]{36}$/i,
  "must be a cursor of this list",
);

function pageOf<C extends z.ZodType>(most: number, cursor: C) {
  return { limit: z.int().min(1).max(most).default(50), cursor: cursor.optional() };
}

/** Which events to show; all of them where nothing is said. */
export const eventFilter = z.object({
  type: text.optional(),
  sessionId: uuid.optional(),
  userId: text.optional(),
});
/** See `eventFilter`. */
export type EventFilter = z.infer<typeof eventFilter>;

/** A part's state: `null` where it is well, else why it is not. */
const state = z.string().nullable();

/** The answer of `admin.overview`. */
export const overview = z.object({
  at: time,
  buffer: z.object({
    events: count,
    /** Age of the oldest event, in seconds. */
    oldestSeconds: z.number().nullable(),
    isProcessing: z.boolean(),
  }),
  /** The counters, across all processes and all time; two readings tell what happens a second. */
  balance: z.object({
    received: count,
    accepted: count,
    duplicates: count,
    rejected: count,
    buffered: count,
    stored: count,
    replays: count,
    dead_letters: count,
  }),
  /** Of the last hour; milliseconds; `null` where nothing was flushed or Postgres is away. */
  flush: z.object({ p50Ms: z.number().nullable(), p99Ms: z.number().nullable() }),
  enrichment: z.object({
    enabled: z.boolean(),
    /** Age of the oldest record that waits, in seconds; `null` where none does. */
    lagSeconds: z.number().nullable(),
  }),
  /** Dead letters that wait for a person; `null` while Postgres is away. */
  deadLetters: count.nullable(),
  health: z.object({ kv: state, postgres: state, flush: state, enrichment: state }),
  /** What does not balance: 0 is right, `null` cannot be told now. */
  reconciliation: z.object({
    received: count,
    accepted: count,
    rows: count.nullable(),
  }),
});
/** See `overview`. */
export type Overview = z.infer<typeof overview>;

/** What a plot can show. */
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
/** How far back a plot goes. */
export const RANGES = ["hour", "day", "month"] as const;
/** See `RANGES`. */
export type Range = typeof RANGES[number];

/** The question of `admin.timeseries`. */
export const timeseriesInput = z.object({ measure: z.enum(MEASURES), range: z.enum(RANGES) });
/** See `timeseriesInput`. */
export type TimeseriesInput = z.infer<typeof timeseriesInput>;

/** The answer of `admin.timeseries`. */
export const timeseries = z.object({
  /** Begin of each step, epoch seconds, without a gap; the last step is not over yet. */
  times: z.array(z.int()),
  stepSeconds: z.int(),
  /** Counts of events; of `flush`, milliseconds of the flushes by quantile. */
  unit: z.enum(["events", "ms"]),
  /** The largest first, then `other` for all the rest; `null` where there is no figure. */
  series: z.array(z.object({ name: z.string(), values: z.array(z.number().nullable()) })),
});
/** See `timeseries`. */
export type Timeseries = z.infer<typeof timeseries>;

/** An event in a list. */
export const listedEvent = z.object({
  eventId: uuid,
  receivedAt: time,
  occurredAt: time,
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

/** The question of `admin.recentEvents`. */
export const recentEventsInput = eventFilter.extend(pageOf(200, eventCursor));
/** See `recentEventsInput`. */
export type RecentEventsInput = z.infer<typeof recentEventsInput>;

/** The answer of `admin.recentEvents`: the newest first, by their time of receipt. */
export const eventPage = z.object({
  events: z.array(listedEvent),
  /** `null` on the last page. */
  nextCursor: eventCursor.nullable(),
});
/** See `eventPage`. */
export type EventPage = z.infer<typeof eventPage>;

/** The question of `admin.tail`. */
export const tailInput = eventFilter.extend({
  /** Given by tRPC when it resumes. */
  lastEventId: uuid.nullish(),
});
/** See `tailInput`. */
export type TailInput = z.infer<typeof tailInput>;

/** What `admin.tail` yields now and then: events that came since, the newest first. */
export const tailUpdate = z.object({
  events: z.array(listedEvent),
  /** There were more than are worth showing; the newest are here. */
  more: z.boolean(),
});
/** See `tailUpdate`. */
export type TailUpdate = z.infer<typeof tailUpdate>;

/** The question of `admin.receipt`. */
export const receiptInput = z.union([
  z.object({ eventId: uuid, idempotencyKey: z.undefined().optional() }),
  z.object({ idempotencyKey: uuid, eventId: z.undefined().optional() }),
], { error: "must be {eventId} or {idempotencyKey}, a UUID" });
/** See `receiptInput`. */
export type ReceiptInput = z.infer<typeof receiptInput>;

/** Where an event can be. */
export const EVENT_STATES = ["unknown", "buffered", "stored", "enriched", "dead_lettered"] as const;

const json = z.record(z.string(), z.unknown());

/** The answer of `admin.receipt`: an event's whole life so far. */
export const receipt = z.object({
  state: z.enum(EVENT_STATES),
  /** `null` where the event is unknown. */
  eventId: uuid.nullable(),
  receivedAt: time.nullable(),
  /** When it became a row. */
  storedAt: time.nullable(),
  enrichedAt: time.nullable(),
  /** When Postgres refused it last. */
  deadAt: time.nullable(),
  /** When it was last taken out of the dead letters, back into the buffer. */
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

/** The question of `admin.deadLetters.list`. */
export const deadLettersInput = z.object({
  ...pageOf(200, deadLetterCursor),
  /** `waiting` for a person, or put back into the buffer already. */
  state: z.enum(["waiting", "replayed"]).default("waiting"),
});
/** See `deadLettersInput`. */
export type DeadLettersInput = z.infer<typeof deadLettersInput>;

/** The answer of `admin.deadLetters.list`: the last refused first. */
export const deadLetterPage = z.object({
  deadLetters: z.array(z.object({
    eventId: uuid,
    eventType: z.string().nullable(),
    /** At the flush, or only its enrichment: then it is a row already. */
    step: z.enum(["flush", "enrichment"]),
    /** Postgres' words. */
    reason: z.string(),
    sqlstate: z.string().nullable(),
    /** The event's columns as JSON text, as it was refused. */
    payload: z.string(),
    deadAt: time,
    replayedAt: time.nullable(),
  })),
  nextCursor: deadLetterCursor.nullable(),
});
/** See `deadLetterPage`. */
export type DeadLetterPage = z.infer<typeof deadLetterPage>;

const MAX_DEAD_LETTERS = 100;
const MAX_PAYLOAD = 65_536;

/** The question of `admin.deadLetters.replay`. */
export const replayInput = z.object({
  deadLetters: z.array(z.object({
    eventId: uuid,
    /** The event's columns as JSON text, where they were edited. */
    payload: z.string().max(MAX_PAYLOAD).optional(),
  })).min(1).max(MAX_DEAD_LETTERS),
});
/** See `replayInput`. */
export type ReplayInput = z.infer<typeof replayInput>;

/** What became of each dead letter. */
export const replayed = z.object({
  results: z.array(z.object({
    eventId: uuid,
    /**
     * `replayed`: it is in the buffer again, durably; `already_replayed`: it was before; `unknown`:
     * there is no such dead letter; `invalid`: the edited columns cannot be an event, see `message`.
     */
    result: z.enum(["replayed", "already_replayed", "unknown", "invalid"]),
    message: z.string().nullable(),
  })),
});
/** See `replayed`. */
export type Replayed = z.infer<typeof replayed>;

/** The question of `admin.deadLetters.discard`. */
export const discardInput = z.object({ eventIds: z.array(uuid).min(1).max(MAX_DEAD_LETTERS) });
/** How many dead letters are gone. */
export const discarded = z.object({ discarded: count });

/** The answer of `admin.rejections`: the rules that clients break, the last broken first. */
export const rejections = z.object({
  /** How long a rule is remembered, in hours. */
  hours: z.number(),
  rejections: z.array(z.object({
    /** The outcome (contract section 2): `invalid`, `refused`, `too_large`, `conflict`, … */
    kind: z.string(),
    /** The rule and the field. */
    rule: z.string(),
    /** What the last client was told. */
    message: z.string(),
    events: count,
    firstAt: time,
    lastAt: time,
    /** The last event that broke it, as JSON text: values cut, nothing secret. */
    example: z.string(),
  })),
});
/** See `rejections`. */
export type Rejections = z.infer<typeof rejections>;
