/** The schemas of `admin.deadLetters.*`. */

import { z } from "zod";
import { count, pageFields, time, uuid } from "./fields.ts";

/** Opaque to clients: where the next page begins. */
const deadLetterCursor = z.string().regex(
  /^(-?\d{1,19}|-?Infinity)~[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
  "must be a cursor that this list returned",
);

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
