/** Reads outbox records, and sets those aside that cannot be read or processed. */

import { isWellFormed, readContextJson } from "../events/line.ts";
import { tryParseRow, tryReadRowJson } from "../events/unreadable.ts";
import { outboxPrefix } from "../kv/keys.ts";
import type { Kv, KvEntry } from "../kv/port.ts";
import { readSegment } from "../kv/segment.ts";
import { outboxSource, setAside } from "../kv/set_aside.ts";

/** A record with the lines that can be read. */
export interface ReadRecord {
  readonly entry: KvEntry<unknown>;
  readonly lines: readonly string[];
  /** The number of lines that cannot be read. */
  readonly unreadable: number;
}

/**
 * Reads a record, or says why it cannot be read.
 *
 * @throws {SegmentFormatError} where it is of a newer format
 */
export function readRecord(entry: KvEntry<unknown>): ReadRecord | string {
  const reading = readSegment(entry.value);
  if (!reading.ok) return reading.reason;
  const lines = reading.malformed === 0 ? reading.lines : reading.lines.filter(isWellFormed);
  return { entry, lines, unreadable: reading.malformed };
}

/** Leaves out lines that look right and are not, which only parsing them finds. */
export function withoutUnreadable(record: ReadRecord): ReadRecord {
  const lines = record.lines.filter(isReadable);
  return {
    ...record,
    lines,
    unreadable: record.unreadable + record.lines.length - lines.length,
  };
}

function isReadable(line: string): boolean {
  const json = tryReadRowJson(line);
  if (json === null || tryParseRow(json) === null) return false;
  try {
    return typeof JSON.parse(readContextJson(line)) === "object";
  } catch {
    return false;
  }
}

/** Sets a record aside. @returns false if it is not there any more */
export async function setRecordAside(
  kv: Kv,
  entry: KvEntry<unknown>,
  { kind, reason, at }: { readonly kind: string; readonly reason: string; readonly at: number },
): Promise<boolean> {
  const id = String(entry.key[outboxPrefix(kind).length]);
  const operation = kv.atomic().check(entry).delete(entry.key);
  setAside(operation, { source: outboxSource(kind), id, reason, at, events: 0 }, entry.value);
  return (await operation.commit()).ok;
}
