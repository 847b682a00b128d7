/** Keeps the request contexts of dead letters in KV; Postgres must not have them (contract 7.4). */

import { parseRow, readContextJson, readRowJson } from "../events/line.ts";
import { deadLetterContextKey } from "../kv/keys.ts";
import type { Kv } from "../kv/port.ts";

/** A context may contain an IP address, so it is not kept for longer (contract 7.4). */
const KEPT_MS = 7 * 24 * 3_600_000;
const SETS_PER_COMMIT = 50;

/**
 * Stores the contexts of refused events, so that a replay can be enriched like any other event. Must be
 * done before the events leave the buffer; repeating it changes nothing.
 */
export async function keepContexts(
  kv: Kv,
  lines: readonly string[],
  refused: ReadonlySet<string>,
): Promise<void> {
  if (refused.size === 0) return;
  const deadLetters = lines
    .map((line) => ({ id: parseRow(readRowJson(line)).id, context: readContextJson(line) }))
    .filter(({ id }) => refused.has(id));
  for (let from = 0; from < deadLetters.length; from += SETS_PER_COMMIT) {
    const operation = kv.atomic();
    for (const { id, context } of deadLetters.slice(from, from + SETS_PER_COMMIT)) {
      operation.set(deadLetterContextKey(id), context, { expireIn: KEPT_MS });
    }
    await operation.commit();
  }
}
