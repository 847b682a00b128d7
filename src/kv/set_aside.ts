/**
 * What cannot be read or processed is set aside: moved to keys of its own, with the reason, so that it
 * stops nothing and is not lost (contract 8.10). `deno task set-aside` shows it and puts it back.
 *
 * How many events an unreadable segment holds is not known. Its lines are counted for the moment; once
 * the buffer is empty, what the counter of buffered events still shows is the difference.
 */

import { addToCounter } from "./counter.ts";
import {
  counterKey,
  MISCOUNTED,
  outboxKey,
  segmentKey,
  SEGMENTS,
  SET_ASIDE_NOTES,
  setAsideKey,
  setAsideNoteKey,
} from "./keys.ts";
import type { AtomicOperation, Kv, KvU64 } from "./port.ts";

/** The buffer as a source; those of outbox records are `outboxSource(kind)`. */
export const BUFFER = "buffer";

const OUTBOX = "outbox:";
const MAX_COUNTED = 1_000;

/** The source of the outbox records of a kind. */
export function outboxSource(kind: string): string {
  return `${OUTBOX}${kind}`;
}

/** Why and when something was set aside. */
export interface SetAsideNote {
  readonly reason: string;
  /** Epoch milliseconds. */
  readonly at: number;
  /** Its events by the counters of the buffer; 0 for outbox records, whose events are rows. */
  readonly events: number;
}

/** Something that was set aside. */
export interface SetAside extends SetAsideNote {
  readonly source: string;
  readonly id: string;
}

/** Adds to an operation that an entry is set aside; the caller deletes it where it was. */
export function setAside(operation: AtomicOperation, entry: SetAside, value: unknown): void {
  const { source, id, reason, at, events } = entry;
  const note: SetAsideNote = { reason, at, events };
  operation.set(setAsideKey(source, id), value).set(setAsideNoteKey(source, id), note);
  if (source !== BUFFER) return;
  addToCounter(operation, "buffered", -events);
  addToCounter(operation, "set_aside", events);
  operation.set(MISCOUNTED, true);
}

/** The lines of an unreadable segment, as far as they can be counted. */
export function estimateEvents(value: unknown): number {
  if (!(value instanceof Uint8Array)) return 1;
  return Math.max(1, value.reduce((sum, byte) => byte === 0x0a ? sum + 1 : sum, 0));
}

/** Lists what was set aside, oldest first within each source. */
export async function* listSetAside(kv: Kv, limit = Infinity): AsyncGenerator<SetAside> {
  const options = Number.isFinite(limit) ? { limit } : {};
  for await (const { key, value } of kv.list<SetAsideNote>({ prefix: SET_ASIDE_NOTES }, options)) {
    yield { ...value, source: String(key[1]), id: String(key[2]) };
  }
}

/** Counts what was set aside, by source; up to 1,000 in all, as dashboards ask every few seconds. */
export async function countSetAside(kv: Kv): Promise<Map<string, number>> {
  const counts = new Map([[BUFFER, 0]]);
  for await (const { source } of listSetAside(kv, MAX_COUNTED)) {
    counts.set(source, (counts.get(source) ?? 0) + 1);
  }
  return counts;
}

/**
 * Puts an entry back where it was, unchanged or as the values given.
 *
 * @param values segments; each gets an id by `newId`
 * @returns whether there is such an entry
 */
export async function putBack(
  kv: Kv,
  { source, id }: Pick<SetAside, "source" | "id">,
  replacement: { readonly values: readonly Uint8Array[]; readonly newId: () => string } | null,
): Promise<boolean> {
  const note = await kv.get<SetAsideNote>(setAsideNoteKey(source, id));
  const { value } = await kv.get<unknown>(setAsideKey(source, id));
  if (note.value === null) return false;
  const keyOf = (id: string) =>
    source === BUFFER ? segmentKey(id) : outboxKey(source.slice(OUTBOX.length), id);
  const operation = removal(kv, { source, id }).check(note);
  if (replacement === null) operation.set(keyOf(id), value);
  else for (const bytes of replacement.values) operation.set(keyOf(replacement.newId()), bytes);
  if (source === BUFFER) {
    addToCounter(operation, "buffered", note.value.events);
    addToCounter(operation, "set_aside", -note.value.events);
    operation.set(MISCOUNTED, true);
  }
  return (await operation.commit()).ok;
}

/** Deletes an entry for good; its events stay counted as set aside. @returns whether there was one */
export async function discardSetAside(
  kv: Kv,
  entry: Pick<SetAside, "source" | "id">,
): Promise<boolean> {
  const note = await kv.get(setAsideNoteKey(entry.source, entry.id));
  if (note.value === null) return false;
  return (await removal(kv, entry).check(note).commit()).ok;
}

function removal(kv: Kv, { source, id }: Pick<SetAside, "source" | "id">): AtomicOperation {
  return kv.atomic().delete(setAsideKey(source, id)).delete(setAsideNoteKey(source, id));
}

/**
 * Corrects the counters once the buffer is empty, if events could not be counted. Any change of the
 * buffer meanwhile changes the counter, too, and leaves it to the next call.
 */
export async function correctMiscount(kv: Kv): Promise<void> {
  const mark = await kv.get(MISCOUNTED);
  if (mark.value === null) return;
  const buffered = await kv.get<KvU64>(counterKey("buffered"));
  for await (const _ of kv.list({ prefix: SEGMENTS }, { limit: 1 })) return;
  const left = Number(BigInt.asIntN(64, buffered.value?.value ?? 0n));
  const operation = kv.atomic().check(mark).check(buffered).delete(MISCOUNTED);
  addToCounter(operation, "buffered", -left);
  addToCounter(operation, "set_aside", left);
  await operation.commit();
}
