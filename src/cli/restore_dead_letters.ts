/** Puts events back into the buffer whose dead letters Postgres lost: a part of `deno task reflush`. */

import { readContext } from "../admin/replay.ts";
import { idAt } from "../events/id.ts";
import { EMPTY_CONTEXT, isWellFormed, joinLine } from "../events/line.ts";
import { eventIdOf, isUuid } from "../events/unreadable.ts";
import { addToCounters } from "../kv/counter.ts";
import { deadLetterContextKey, KEPT_DEAD, segmentKey } from "../kv/keys.ts";
import type { Kv, KvEntry } from "../kv/port.ts";
import { pack, readSegment } from "../kv/segment.ts";
import { getText } from "../kv/text.ts";
import type { Database } from "../store/database.ts";
import { readLost } from "../store/reflush.ts";

/** Options of `restoreDeadLetters`. */
export interface RestoreDeadLettersOptions {
  readonly kv: Kv;
  readonly database: Database;
  /** Returns a time-ordered id for a segment. */
  readonly newId: () => string;
  /** Epoch milliseconds: those that were flushed since then. */
  readonly since: number;
  readonly stop: AbortSignal;
}

/**
 * Goes through the copies of dead letters. The next flush of the service makes each lost one a dead letter
 * again, or a row if Postgres accepts it now. The copy leaves in the same commit, so that nothing is put
 * back twice.
 *
 * @returns how many events were put back
 */
export async function restoreDeadLetters(options: RestoreDeadLettersOptions): Promise<number> {
  const { kv, since, stop } = options;
  const range = { prefix: KEPT_DEAD, start: [...KEPT_DEAD, idAt(since)] };
  let restored = 0;
  for await (const entry of kv.list<unknown>(range)) {
    if (stop.aborted) return restored;
    restored += await restoreEntry(options, entry);
  }
  return restored;
}

async function restoreEntry(
  { kv, database, newId }: RestoreDeadLettersOptions,
  entry: KvEntry<unknown>,
): Promise<number> {
  const reading = readSegment(entry.value);
  const lines = reading.ok ? reading.lines.filter(isWellFormed) : [];
  const byId = new Map(lines.map((line) => [eventIdOf(line), line]));
  const ids = [...byId.keys()].filter(isUuid);
  const lost = await database.run((sql) => readLost(sql, ids));
  const returning: string[] = [];
  for (const id of lost) {
    const line = byId.get(id);
    const context = await getText(kv, deadLetterContextKey(id));
    // A dead letter that was replayed or discarded has no context in KV any more.
    if (line === undefined || context === null) continue;
    returning.push(
      joinLine(line.slice(0, line.indexOf("\t")), readContext(context) ?? EMPTY_CONTEXT),
    );
  }
  const segments = pack(returning);
  const count = segments.reduce((sum, segment) => sum + segment.lines, 0);
  if (count < returning.length || count === 0) return 0;
  const operation = kv.atomic();
  addToCounters(operation, { buffered: count, dead_letters: -count });
  operation.check(entry).delete(entry.key);
  for (const { bytes } of segments) operation.set(segmentKey(newId()), bytes);
  return (await operation.commit()).ok ? count : 0;
}
