/** Notes which segments have lines that cannot be read, so that no replay names their events (contract 2.3). */

import type { Unstored } from "../events/sink.ts";
import { eventIdOf, tryParseRow, tryReadRowJson } from "../events/unreadable.ts";
import { noteReadable } from "../kv/damaged_segment.ts";
import type { Kv } from "../kv/port.ts";
import { type Batch, readSegmentId } from "./batch.ts";

/**
 * Notes the events that could be read in each segment with others. Must be done before the segments leave
 * the buffer; repeating it changes nothing.
 *
 * @param dead the events that became dead letters; those that cannot be read are among them
 */
export async function noteUnreadable(
  kv: Kv,
  { keys, counts, lines }: Batch,
  dead: readonly Unstored[],
): Promise<void> {
  const unreadable = new Set(dead.filter(isKeyUnknown).map(({ eventId }) => eventId));
  if (unreadable.size === 0) return;
  let from = 0;
  for (const [i, key] of keys.entries()) {
    const part = lines.slice(from, from + (counts[i] ?? 0));
    from += part.length;
    const readable = part.filter(isReadable).map(eventIdOf);
    if (readable.length < part.length) await noteReadable(kv, readSegmentId(key), readable);
  }
}

function isKeyUnknown({ idempotencyKey }: Unstored): boolean {
  return idempotencyKey === null;
}

function isReadable(line: string): boolean {
  const json = tryReadRowJson(line);
  return json !== null && tryParseRow(json) !== null;
}
