/** Validates the row of a dead letter, as rejected or as edited by an admin. */

import { z } from "zod";
import { COLUMNS, encodeRow } from "../events/line.ts";
import { findUnstorable, storableJson } from "../events/storable.ts";
import type { EventRow } from "../events/types.ts";
import type { StoredDeadLetter } from "../store/dead_letters.ts";

/** A row to write, encoded by `encodeRow`, or why the edit is invalid. */
export type EditedRow =
  | { readonly ok: true; readonly json: string; readonly idempotencyKey: string | null }
  | { readonly ok: false; readonly reason: string };

const uuid = z.guid("must be a UUID");
const time = z.iso.datetime({ offset: true, error: "must be an ISO 8601 time with offset" });
const text = z.string("must be a string");
const nonEmpty = text.min(1, "must not be empty");
const jsonObject = z.record(z.string(), z.unknown(), "must be an object").nullish();

/** The columns of contract 7.1. Only types are checked: Postgres checks the values. */
const SCHEMAS = {
  id: uuid,
  occurred_at: time,
  received_at: time,
  event_type: nonEmpty,
  known_event_type: z.boolean("must be true or false"),
  source: nonEmpty,
  entity_type: text.nullish(),
  entity_id: text.nullish(),
  session_id: uuid.nullish(),
  actor_id: text.nullish(),
  actor_type: text.nullish(),
  user_id: text.nullish(),
  creator_id: text.nullish(),
  brand_id: text.nullish(),
  user_role: text.nullish(),
  props: jsonObject,
  attribution: jsonObject,
  idempotency_key: uuid.nullish(),
  content_hash: text.nullish(),
} satisfies Record<keyof EventRow, z.ZodType>;

const columns = z.strictObject(SCHEMAS, {
  error: (issue) =>
    issue.code === "unrecognized_keys"
      ? `has unknown columns: ${issue.keys.join(", ")}`
      : "must be an object",
});

/**
 * Checks that a replay writes a valid row under the same id (contract 9.6).
 *
 * @param payload the edited row as JSON text; `undefined` replays the row as rejected
 */
export function parseEditedRow(
  deadLetter: StoredDeadLetter,
  payload: string | undefined,
): EditedRow {
  if (payload !== undefined && deadLetter.step === "enrichment") {
    return invalid("the event is already stored and cannot be edited; replay it unchanged");
  }
  let value: unknown;
  try {
    value = toObject(JSON.parse(payload ?? deadLetter.payload));
  } catch (error) {
    return invalid(`not valid JSON: ${error instanceof Error ? error.message : error}`);
  }
  const parsed = columns.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return invalid(`${issue?.path.join(".") || "the event"} ${issue?.message}`);
  }
  const row = parsed.data;
  if (row.id.toLowerCase() !== deadLetter.event_id) {
    return invalid(`id must not change: expected ${deadLetter.event_id}`);
  }
  for (const name of ["occurred_at", "received_at"] as const) {
    // Year 10000 and year 0 in UTC, where a zone leads there, are not what ISO 8601 or Postgres can write.
    if (!/^(?!0000)\d{4}-/.test(toIso(row[name]))) {
      return invalid(`${name} must be between the years 1 and 9999 (UTC), got ${row[name]}`);
    }
  }
  const reason = findUnstorable(row.props ?? null) ?? findUnstorable(row.attribution ?? null);
  if (reason !== null) return invalid(`props and attribution ${reason}`);
  const key = row.idempotency_key?.toLowerCase() ?? null;
  if (key !== null && !row.content_hash) {
    return invalid("content_hash is required with an idempotency_key");
  }
  // Encoded again even if it was not edited here: the payload may have been changed in SQL, and a line
  // of the buffer has no raw newline or tab.
  const json = storableJson(encodeRow({
    ...row,
    id: deadLetter.event_id,
    occurred_at: toIso(row.occurred_at),
    received_at: toIso(row.received_at),
    idempotency_key: key,
  } as EventRow));
  return { ok: true, json, idempotencyKey: key };
}

/** The row of a line that could not be read is the array of the line (contract 8.10). */
function toObject(value: unknown): unknown {
  const isRow = Array.isArray(value) && typeof value[0] === "string" &&
    value.length <= COLUMNS.length;
  return isRow ? Object.fromEntries(COLUMNS.map((name, i) => [name, value[i] ?? null])) : value;
}

/** As admission writes it: sessions compare times as text. */
function toIso(time: string): string {
  const ms = Date.parse(time);
  return Number.isNaN(ms) ? time : new Date(ms).toISOString();
}

function invalid(reason: string): EditedRow {
  return { ok: false, reason };
}
