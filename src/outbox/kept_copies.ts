/**
 * Copies of events that are kept for some time after they were stored and enriched: a failover of
 * Postgres may lose its last seconds, and `deno task reflush` pours them in again (contract 8.15).
 *
 * Until its record is processed, the record itself is the copy. So flushes write nothing more than
 * without copies, and the address of a request stays no longer than until the event is enriched (7.4).
 */

import { EMPTY_CONTEXT, joinLine, readContextJson, readRowJson } from "../events/line.ts";
import { idAt } from "../events/id.ts";
import { KEPT, KEPT_DEAD, keptKey } from "../kv/keys.ts";
import type { AtomicOperation, Kv, KvKey } from "../kv/port.ts";
import { pack } from "../kv/segment.ts";

/** In case that no process which deletes copies is running. */
const SPARE_MS = 3_600_000;
/**
 * Deleted in one commit. Deno's collector deletes everything that has expired at once: 4,000 copies held
 * up other commits for 1.1 s.
 */
const DELETED_TOGETHER = 20;

/** Options of `createKeepCopies`. */
export interface KeptCopiesOptions {
  /** How long copies are kept; 0: there are none. */
  readonly keepMs: number;
  /** While true, none are made. */
  readonly isDiskFull: () => boolean;
  /** Returns a time-ordered id for a copy. */
  readonly newId: () => string;
  /** Removes from a context, given as JSON text, what must not be kept. */
  readonly reduceContext: (contextJson: string) => string;
}

/** Adds copies of the lines of a processed record to the operation that deletes it. */
export type KeepCopies = (operation: AtomicOperation, lines: readonly string[]) => void;

/** Creates the function that keeps copies, `null` if there are to be none. */
export function createKeepCopies(options: KeptCopiesOptions): KeepCopies | null {
  const { keepMs, isDiskFull, newId, reduceContext } = options;
  if (keepMs === 0) return null;
  /** Never longer, so that the lines still fit into values and into the operation. */
  function reduce(json: string): string {
    const reduced = reduceContext(json);
    return reduced.length <= json.length ? reduced : EMPTY_CONTEXT;
  }
  return function keepCopies(operation, lines) {
    if (isDiskFull()) return;
    const contexts = new Map<string, string>();
    const reduced = lines.map((line) => {
      const json = readContextJson(line);
      const context = contexts.get(json) ?? reduce(json);
      contexts.set(json, context);
      return joinLine(readRowJson(line), context);
    });
    for (const { bytes } of pack(reduced)) {
      operation.set(keptKey(newId()), bytes, { expireIn: keepMs + SPARE_MS });
    }
  };
}

/** Deletes the copies that were made before a time (epoch milliseconds). */
export async function deleteCopies(kv: Kv, before: number): Promise<void> {
  for (const prefix of [KEPT, KEPT_DEAD]) await deleteUpTo(kv, prefix, idAt(before));
}

async function deleteUpTo(kv: Kv, prefix: KvKey, end: string): Promise<void> {
  const range = { prefix, end: [...prefix, end] };
  let operation = kv.atomic();
  let count = 0;
  for await (const { key } of kv.list(range, { batchSize: DELETED_TOGETHER })) {
    operation.delete(key);
    if (++count < DELETED_TOGETHER) continue;
    await operation.commit();
    operation = kv.atomic();
    count = 0;
  }
  if (count > 0) await operation.commit();
}
