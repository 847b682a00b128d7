/**
 * What cannot be read or processed is set aside: moved to keys of its own, with the reason, so that it
 * stops nothing and is not lost (contract 8.10). `deno task set-aside` shows it and puts it back.
 *
 * How many events an unreadable segment holds is not known. Its lines are counted for the moment; once
 * the buffer is empty, what the counter of buffered events still shows is the difference.
 */

import { addToCounters, type Counter, COUNTERS, readCounter } from "./counter.ts";
import { noteDamage } from "./damage.ts";
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
import type { AtomicOperation, Kv } from "./port.ts";

/** The buffer as a source; those of outbox records are `outboxSource(kind)`. */
export const BUFFER = "buffer";

const OUTBOX = "outbox:";
const MAX_COUNTED = 1_000;
/** The latest time that a Date can have. */
const MAX_MS = 8.64e15;

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

/** Makes an operation set an entry aside; the caller then deletes it where it was. */
export function setAside(operation: AtomicOperation, entry: SetAside, value: unknown): void {
  const { source, id, reason, at, events } = entry;
  const note: SetAsideNote = { reason, at, events };
  if (source === BUFFER) {
    addToCounters(operation, { buffered: -events, set_aside: events });
    operation.set(MISCOUNTED, true);
  }
  operation.set(setAsideKey(source, id), value).set(setAsideNoteKey(source, id), note);
}

/** The lines of an unreadable segment, as far as they can be counted. */
export function estimateEvents(value: unknown): number {
  if (!(value instanceof Uint8Array)) return 1;
  return Math.max(1, value.reduce((sum, byte) => byte === 0x0a ? sum + 1 : sum, 0));
}

/** Lists what was set aside, oldest first within each source. */
export async function* listSetAside(kv: Kv, limit = Infinity): AsyncGenerator<SetAside> {
  const options = Number.isFinite(limit) ? { limit } : {};
  for await (const { key, value } of kv.list<unknown>({ prefix: SET_ASIDE_NOTES }, options)) {
    const note = readNote(value);
    if (note === null) noteDamage(kv, "set_aside_note", key);
    yield { ...note ?? DAMAGED_NOTE, source: String(key[1]), id: String(key[2]) };
  }
}

const DAMAGED_NOTE: SetAsideNote = { reason: "not known: its note is damaged", at: 0, events: 0 };

/** Reads a note, `null` where it is damaged. */
export function readNote(value: unknown): SetAsideNote | null {
  if (typeof value !== "object" || value === null) return null;
  const { reason, at, events } = value as Record<keyof SetAsideNote, unknown>;
  const isNote = typeof reason === "string" && Number.isSafeInteger(events) &&
    Number(events) >= 0 &&
    typeof at === "number" && Math.abs(at) <= MAX_MS;
  return isNote ? value as SetAsideNote : null;
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
  const note = await kv.get<unknown>(setAsideNoteKey(source, id));
  const { value } = await kv.get<unknown>(setAsideKey(source, id));
  if (note.versionstamp === null) return false;
  const events = readNote(note.value)?.events ?? estimateEvents(value);
  const keyOf = (id: string) =>
    source === BUFFER ? segmentKey(id) : outboxKey(source.slice(OUTBOX.length), id);
  const operation = kv.atomic().check(note);
  if (source === BUFFER) {
    addToCounters(operation, { buffered: events, set_aside: -events });
    operation.set(MISCOUNTED, true);
  }
  remove(operation, { source, id });
  if (replacement === null) operation.set(keyOf(id), value);
  else for (const bytes of replacement.values) operation.set(keyOf(replacement.newId()), bytes);
  return (await operation.commit()).ok;
}

/** Deletes an entry for good; its events stay counted as set aside. @returns whether there was one */
export async function discardSetAside(
  kv: Kv,
  entry: Pick<SetAside, "source" | "id">,
): Promise<boolean> {
  const note = await kv.get(setAsideNoteKey(entry.source, entry.id));
  if (note.versionstamp === null) return false;
  return (await remove(kv.atomic().check(note), entry).commit()).ok;
}

function remove(
  operation: AtomicOperation,
  { source, id }: Pick<SetAside, "source" | "id">,
): AtomicOperation {
  return operation.delete(setAsideKey(source, id)).delete(setAsideNoteKey(source, id));
}

/**
 * Corrects the counters once the buffer is empty: if events could not be counted, or if the counter of
 * buffered events is wrong by itself, as the others balance without it. Any change of the buffer meanwhile
 * changes the counter, too, and leaves it to the next call.
 */
export async function correctMiscount(kv: Kv): Promise<void> {
  const [mark, ...entries] = await kv.getMany<unknown[]>([MISCOUNTED, ...COUNTERS.map(counterKey)]);
  const buffered = entries[COUNTERS.indexOf("buffered")];
  const left = readCounter(buffered);
  const isMarked = mark !== undefined && mark.versionstamp !== null;
  if (buffered === undefined || left === null || (left === 0 && !isMarked)) return;
  const count = (name: Counter) => readCounter(entries[COUNTERS.indexOf(name)]) ?? 0;
  const settled = count("stored") + count("replays") + count("dead_letters") + count("set_aside");
  if (!isMarked && count("accepted") !== settled) return;
  for await (const _ of kv.list({ prefix: SEGMENTS }, { limit: 1 })) return;
  const operation = kv.atomic().check(buffered);
  addToCounters(operation, { buffered: -left, set_aside: isMarked ? left : 0 });
  if (isMarked) operation.check(mark).delete(MISCOUNTED);
  await operation.commit();
}
