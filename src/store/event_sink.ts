/** Writes a batch of events; each becomes a row, a replay of a row, or a dead letter. */

import { parseRow, readRowJson } from "../events/line.ts";
import type { EventSink, Unstored } from "../events/sink.ts";
import type { Database, Sql } from "./database.ts";
import { type DeadLetter, insertDeadLetters } from "./dead_letters.ts";
import { classifyFailure } from "./failure.ts";
import { insertEvents, readKeys } from "./insert_events.ts";
import { canInsertEvents } from "./probe_events.ts";
import { writeHalving } from "./write_halving.ts";

/** Creates the sink that writes events to Postgres. */
export function createEventSink(database: Database, now: () => number = Date.now): EventSink {
  return {
    async write(lines) {
      const rows = lines.map(readRowJson);
      try {
        const { written, rejected } = await writeHalving(rows, {
          write: (part) => database.run((sql) => insertEvents(sql, part)),
          canWrite: () => canInsertEvents(database, now()),
        });
        const unclaimed = written.flatMap((part) => part.unclaimed);
        const { replays, conflicting } = await resolveUnclaimed(database, rows, unclaimed);
        const dead = [
          ...rejected.map(({ item, failure }) =>
            toDeadLetter(item, failure.message, failure.sqlstate)
          ),
          ...conflicting,
        ];
        const stored = written.reduce((sum, part) => sum + part.stored, 0);
        if (dead.length > 0) await database.run((sql) => insertDeadLetters(sql, dead));
        return { ok: true, stored, replays, dead: dead.map(toUnstored) };
      } catch (error) {
        const { kind, message } = classifyFailure(error);
        return { ok: false, reason: message, doubtful: kind === "doubtful" };
      }
    },
  };
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
  const events = rows
    .map((json) => ({ json, row: parseRow(json) }))
    .filter(({ row }) => ids.has(row.id));
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
  const row = parseRow(json);
  const known = Object.entries(row).filter(([, value]) => value !== null);
  return {
    event_id: row.id,
    event_type: row.event_type,
    step: "flush",
    reason,
    sqlstate,
    payload: JSON.stringify(Object.fromEntries(known)),
  };
}

function toUnstored(deadLetter: DeadLetter): Unstored {
  const row = parseRow(deadLetter.payload);
  return { eventId: row.id, idempotencyKey: row.idempotency_key, rowId: null };
}
