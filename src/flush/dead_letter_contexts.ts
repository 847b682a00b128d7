/**
 * Keeps the request contexts of dead letters in KV; Postgres must not have them (contract 7.4). Their rows
 * are kept as well for a while, as a failover of Postgres may lose the dead letters (contract 8.15).
 */

import { EMPTY_CONTEXT, isWellFormed, joinLine, readContextJson } from "../events/line.ts";
import { eventIdOf } from "../events/unreadable.ts";
import { deadLetterContextKey, keptDeadKey } from "../kv/keys.ts";
import type { AtomicOperation, Kv } from "../kv/port.ts";
import { pack } from "../kv/segment.ts";
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

/** Adds copies of rejected events to the operation that deletes them; they are not in the outbox. */
export function keepDead(
  operation: AtomicOperation,
  lines: readonly string[],
  { dead, newId }: { readonly dead: ReadonlySet<string>; readonly newId: () => string },
): void {
  const copies = lines.filter((line) => isWellFormed(line) && dead.has(eventIdOf(line)))
    .map((line) => joinLine(line.slice(0, line.indexOf("\t")), EMPTY_CONTEXT));
  for (const { bytes } of pack(copies)) {
    operation.set(keptDeadKey(newId()), bytes, { expireIn: KEPT_MS });
  }
}
