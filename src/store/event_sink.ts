/** Writes a batch of events; each becomes a row, a replay of a row, or a dead letter. */

import type { EventSink, Unstored } from "../events/sink.ts";
import { storableText } from "../events/storable.ts";
import {
  isUuid,
  toUnreadableLine,
  toUnreadableRow,
  tryParseRow,
  tryReadRowJson,
  type UnreadableRow,
} from "../events/unreadable.ts";
import { PostgresCondition } from "./condition.ts";
import type { Database, Sql } from "./database.ts";
import { type DeadLetter, insertDeadLetters } from "./dead_letters.ts";
import { classifyFailure, isUniqueViolation } from "./failure.ts";
import { type Inserted, insertEvents, insertNewEvents, readKeys } from "./insert_events.ts";
import { canInsertEvents } from "./probe_events.ts";
import { writeHalving } from "./write_halving.ts";

/** Creates the sink that writes events to Postgres. */
export function createEventSink(
  database: Database,
  now: () => number = Date.now,
  condition = new PostgresCondition(),
): EventSink {
  return {
    async write(lines) {
      if (condition.refusal !== null) return { ok: false, reason: condition.refusal };
      const { rows, unreadable } = readRows(lines);
      try {
        const { written, rejected } = await writeHalving(rows, {
          write: (part) => insertOnce(database, part),
          canWrite: (accepted) =>
            canInsertEvents(database, now(), accepted === undefined ? null : tryParseRow(accepted)),
        });
        const unclaimed = written.flatMap((part) => part.unclaimed);
        const { replays, conflicting } = await resolveUnclaimed(database, rows, unclaimed);
        const dead = [
          ...rejected.map(({ item, failure }) =>
            toDeadLetter(item, failure.message, failure.sqlstate)
          ),
          ...conflicting,
          ...unreadable,
        ];
        const stored = written.reduce((sum, part) => sum + part.stored, 0);
        if (dead.length > 0) await database.run((sql) => insertDeadLetters(sql, dead));
        condition.works("flush");
        return { ok: true, stored, replays, dead: dead.map(toUnstored) };
      } catch (error) {
        const { kind, message } = classifyFailure(error);
        condition.fails("flush", error);
        return { ok: false, reason: message, doubtful: kind !== "unavailable" };
      }
    },
  };
}

/** Separates the rows of a batch from lines that have none. */
function readRows(lines: readonly string[]): { rows: string[]; unreadable: DeadLetter[] } {
  const rows: string[] = [];
  const unreadable: DeadLetter[] = [];
  for (const line of lines) {
    const json = tryReadRowJson(line);
    if (json !== null) rows.push(json);
    else unreadable.push(toUnreadable(toUnreadableLine(line), "it is not a row and its context"));
  }
  return { rows, unreadable };
}

/**
 * Inserts events that are most probably new. They exist after a crash or a lost connection between an
 * insert and the commit in KV, or if another flusher writes them too.
 */
async function insertOnce(database: Database, rows: readonly string[]): Promise<Inserted> {
  try {
    return await database.run((sql) => insertNewEvents(sql, rows));
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
  }
  return await database.run((sql) => insertEvents(sql, rows));
}

/**
 * Classifies the events whose idempotency key existed: written before with this batch, a replay whose
 * key has expired in KV, or a different event under the same key. The last was accepted, so it becomes
 * a dead letter. Runs after the insert, in a snapshot that includes the owner of the key.
 */
async function resolveUnclaimed(
  database: Database,
  rows: readonly string[],
  unclaimed: readonly string[],
): Promise<{ replays: Unstored[]; conflicting: DeadLetter[] }> {
  const replays: Unstored[] = [];
  const conflicting: DeadLetter[] = [];
  if (unclaimed.length === 0) return { replays, conflicting };
  const ids = new Set(unclaimed);
  const events = rows.flatMap((json) => {
    const row = tryParseRow(json);
    return row !== null && ids.has(row.id) ? [{ json, row }] : [];
  });
  const keys = events.map(({ row }) => row.idempotency_key ?? "");
  const stored = await database.run((sql: Sql) => readKeys(sql, keys));
  const byKey = new Map(stored.map((key) => [key.idempotency_key, key]));
  for (const { json, row } of events) {
    const owner = byKey.get(row.idempotency_key ?? "");
    // The key was deleted with old events since the insert: the next attempt inserts the event.
    if (owner === undefined) throw new Error("an idempotency key was deleted during the flush");
    if (owner.event_id === row.id) continue;
    if (owner.content_hash === row.content_hash) {
      replays.push({
        eventId: row.id,
        idempotencyKey: row.idempotency_key,
        rowId: owner.event_id,
      });
    } else {
      const reason =
        `idempotency key ${row.idempotency_key} belongs to a different event, ${owner.event_id}`;
      conflicting.push(toDeadLetter(json, reason, null));
    }
  }
  return { replays, conflicting };
}

function toDeadLetter(json: string, reason: string, sqlstate: string | null): DeadLetter {
  const row = tryParseRow(json);
  if (row === null) return toUnreadable(toUnreadableRow(json), reason, sqlstate);
  const known = Object.entries(row).filter(([, value]) => value !== null);
  return {
    event_id: row.id,
    event_type: typeof row.event_type === "string" ? storableText(row.event_type) : null,
    step: "flush",
    reason,
    sqlstate,
    payload: JSON.stringify(Object.fromEntries(known)),
  };
}

/** The dead letter of a line that cannot be read, to be repaired by hand and replayed. */
function toUnreadable(
  { id, text }: UnreadableRow,
  reason: string,
  sqlstate: string | null = null,
): DeadLetter {
  return {
    event_id: id,
    event_type: null,
    step: "flush",
    reason: `unreadable in the buffer: ${reason}`,
    sqlstate,
    payload: storableText(text),
  };
}

function toUnstored({ event_id, payload }: DeadLetter): Unstored {
  const key = tryParseRow(payload)?.idempotency_key;
  return { eventId: event_id, idempotencyKey: isUuid(key) ? key : null, rowId: null };
}
