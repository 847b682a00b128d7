/** Stores events again that KV still has and Postgres lost: the work of `deno task reflush`. */

import { ENRICHMENT } from "../enrichment/consumer.ts";
import { idAt, readIdTime } from "../events/id.ts";
import { isWellFormed, readRowJson } from "../events/line.ts";
import type { EventSink } from "../events/sink.ts";
import { tryParseRow } from "../events/unreadable.ts";
import { KEPT, outboxKey, outboxPrefix, setAsidePrefix } from "../kv/keys.ts";
import type { Kv, KvEntry } from "../kv/port.ts";
import { pack, readSegment } from "../kv/segment.ts";
import { outboxSource } from "../kv/set_aside.ts";
import type { Database } from "../store/database.ts";
import { readUnenriched } from "../store/reflush.ts";

/** Options of `restoreEvents`. */
export interface RestoreOptions {
  readonly kv: Kv;
  readonly database: Database;
  readonly sink: EventSink;
  /** Epoch milliseconds: events that were flushed, or enriched, since then. */
  readonly since: number;
  /** Called after each entry of KV with the time it was written. */
  readonly onProgress: (restored: Restored, at: number) => void;
  /** Where aborted, it ends early; another run does the rest, too. */
  readonly stop: AbortSignal;
}

/** What was done. */
export interface Restored {
  /** Events looked at. */
  events: number;
  /** New rows. */
  stored: number;
  /** Events whose enrichment was missing, and is in the outbox now. */
  queued: number;
  /** Events that Postgres rejected this time. */
  dead: number;
  /** Entries of KV that cannot be read. */
  unreadable: number;
}

/** Small, as an entry has up to 64 KB. */
const ENTRIES_PER_READ = 8;

const SET_ASIDE = setAsidePrefix(outboxSource(ENRICHMENT));

/**
 * Stores the events of outbox records, also of those set aside, and of kept copies again. Inserts change nothing where there is a
 * row already, so repeating it, beside the service or not, is harmless.
 *
 * @throws if Postgres is unavailable
 */
export async function restoreEvents(options: RestoreOptions): Promise<Restored> {
  const { kv, since, onProgress, stop } = options;
  const restored: Restored = { events: 0, stored: 0, queued: 0, dead: 0, unreadable: 0 };
  // In this order: a record that is processed meanwhile becomes a kept copy, or is set aside.
  for (const prefix of [outboxPrefix(ENRICHMENT), SET_ASIDE, KEPT]) {
    const range = { prefix, start: [...prefix, idAt(since)] };
    for await (const entry of kv.list<unknown>(range, { batchSize: ENTRIES_PER_READ })) {
      if (stop.aborted) return restored;
      const id = String(entry.key[prefix.length]);
      // What was set aside and cannot be read is known.
      if (prefix !== SET_ASIDE || isReadable(entry)) {
        await restoreEntry(options, entry, prefix === KEPT ? id : null, restored);
      }
      onProgress(restored, readIdTime(id));
    }
  }
  return restored;
}

function isReadable({ value }: KvEntry<unknown>): boolean {
  return readSegment(value).ok;
}

/** @param keptId the id of a kept copy; `null` for what waits for its enrichment */
async function restoreEntry(
  { kv, database, sink }: RestoreOptions,
  { value }: KvEntry<unknown>,
  keptId: string | null,
  restored: Restored,
): Promise<void> {
  const reading = readSegment(value);
  if (!reading.ok) {
    restored.unreadable += 1;
    return;
  }
  const lines = reading.lines.filter(isWellFormed);
  const written = await sink.write(lines);
  if (!written.ok) throw new Error(written.reason);
  restored.events += lines.length;
  restored.stored += written.stored;
  restored.dead += written.dead.length;
  if (keptId === null) return;
  const unenriched = await filterUnenriched(database, lines);
  if (unenriched.length === 0) return;
  // One record under the same id, so that a repetition replaces it: they were in one value.
  for (const { bytes } of pack(unenriched)) await kv.set(outboxKey(ENRICHMENT, keptId), bytes);
  restored.queued += unenriched.length;
}

/** The lines of those events that are rows without an enrichment. */
async function filterUnenriched(
  database: Database,
  lines: readonly string[],
): Promise<readonly string[]> {
  const events = lines.flatMap((line) => {
    const row = tryParseRow(readRowJson(line));
    return row === null ? [] : [{ line, row }];
  });
  const ids = await database.run((sql) => readUnenriched(sql, events.map(({ row }) => row)));
  return events.filter(({ row }) => ids.has(row.id)).map(({ line }) => line);
}
