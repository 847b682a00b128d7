/** The commits of a flush: events leave the buffer, and what becomes of them is recorded. */

import { getLogger } from "@logtape/logtape";
import type { WriteResult } from "../events/sink.ts";
import { eventIdOf } from "../events/unreadable.ts";
import { addToCounters } from "../kv/counter.ts";
import { noteReadable } from "../kv/damaged_segment.ts";
import { MISCOUNTED } from "../kv/keys.ts";
import { countLines, merge, pack } from "../kv/segment.ts";
import { BUFFER, estimateEvents, setAside } from "../kv/set_aside.ts";
import { type Batch, readSegmentId, type UnreadableSegment } from "./batch.ts";
import { correctClaims } from "./correct_claims.ts";
import { keepContexts, keepDead } from "./dead_letter_contexts.ts";
import type { Lease } from "./lease.ts";
import { noteUnreadable } from "./note_unreadable.ts";
import type { FlusherOptions } from "./types.ts";

/** Options of `commitBatch`. */
export type CommitOptions = Pick<
  FlusherOptions,
  "kv" | "clock" | "newId" | "outbox" | "keepsCopies" | "idempotencyTtlMs"
>;

const logger = getLogger(["sluice", "flush"]);

/**
 * Makes the fenced commit of a batch that was written: its events leave the buffer and enter the outbox
 * together. @returns false if the lease was lost
 */
export async function commitBatch(
  options: CommitOptions,
  lease: Lease,
  batch: Batch,
  written: WriteResult & { ok: true },
): Promise<boolean> {
  const { kv, newId, outbox, keepsCopies } = options;
  const unstored = [...written.replays, ...written.dead];
  await correctClaims(options, unstored);
  await noteUnreadable(kv, batch, written.dead);
  const dead = new Set(written.dead.map(({ eventId }) => eventId));
  await keepContexts(kv, batch.lines, dead);
  const gone = new Set(unstored.map(({ eventId }) => eventId));
  const segments = gone.size === 0 ? merge(batch.segments) : packRows(batch.lines, gone);
  return await lease.commit((operation) => {
    addToCounters(operation, {
      buffered: -batch.lines.length,
      stored: batch.lines.length - unstored.length,
      replays: written.replays.length,
      dead_letters: written.dead.length,
    });
    for (const key of batch.keys) operation.delete(key);
    if (batch.malformed > 0) operation.set(MISCOUNTED, true);
    if (dead.size > 0 && keepsCopies?.()) keepDead(operation, batch.lines, { dead, newId });
    outbox.add(operation, segments);
  });
}

/** Moves a segment that cannot be read out of the way. @returns false if the lease was lost */
export async function setSegmentAside(
  { kv, clock }: Pick<FlusherOptions, "kv" | "clock">,
  lease: Lease,
  { key, value, reason }: UnreadableSegment,
): Promise<boolean> {
  const id = readSegmentId(key);
  const note = { source: BUFFER, id, reason, at: clock.now() };
  const events = estimateEvents(value);
  await noteReadable(kv, id, []);
  const held = await lease.commit((operation) => {
    setAside(operation, { ...note, events }, value);
    operation.delete(key);
  });
  if (held) {
    logger.error(
      "A segment of about {events} events cannot be read: {reason}. It was set aside; " +
        '"deno task set-aside" shows it',
      { id, events, reason },
    );
  }
  return held;
}

/** Packs the lines of the events that became rows; a batch never exceeds one operation. */
function packRows(lines: readonly string[], gone: ReadonlySet<string>): Uint8Array[] {
  const rows = lines.filter((line) => !gone.has(eventIdOf(line)));
  const packed = pack(rows);
  if (countLines(packed) !== rows.length) {
    throw new Error("Cannot put a batch into the outbox in part");
  }
  return packed.map(({ bytes }) => bytes);
}
