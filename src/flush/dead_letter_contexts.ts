/** Keeps the request contexts of dead letters in KV; Postgres must not have them (contract 7.4). */

import { isWellFormed, readContextJson } from "../events/line.ts";
import { eventIdOf } from "../events/unreadable.ts";
import { deadLetterContextKey } from "../kv/keys.ts";
import type { Kv } from "../kv/port.ts";
import { setTexts } from "../kv/text.ts";

/** A context may contain an IP address, so it is not kept for longer (contract 7.4). */
const KEPT_MS = 7 * 24 * 3_600_000;

/**
 * Stores the contexts of rejected events, so that a replay can be enriched like any other event. Must be
 * done before the events leave the buffer; repeating it changes nothing.
 */
export async function keepContexts(
  kv: Kv,
  lines: readonly string[],
  rejected: ReadonlySet<string>,
): Promise<void> {
  if (rejected.size === 0) return;
  const texts = lines.filter(isWellFormed)
    .map((line) => ({ id: eventIdOf(line), text: readContextJson(line) }))
    .filter(({ id }) => rejected.has(id))
    .map(({ id, text }) => ({ key: deadLetterContextKey(id), text }));
  await setTexts(kv, texts, KEPT_MS);
}
