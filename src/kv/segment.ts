/**
 * Segments: many events in one value of KV. One byte for the format, then the lines (see
 * `events/line.ts`), each with a newline at its end.
 */

import { Buffer } from "node:buffer";
import { DAMAGE_MARK, isWellFormed, joinLine } from "../events/line.ts";
import { MAX_LINE_BYTES, MAX_VALUE_BYTES } from "./limits.ts";

/** The format of segments that this code reads and writes; `format.ts` says how to raise it. */
export const SEGMENT_FORMAT = 1;

/** Formats are numbered up to this. Any other first byte is damage, and not a newer version's segment. */
export const MAX_FORMAT = 15;

const NEWLINE = 0x0a;
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true }); // a byte order mark is data
const strictDecoder = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });
const scratch = new Uint8Array(MAX_VALUE_BYTES);
scratch[0] = SEGMENT_FORMAT;
const START = 1;
/** The longest line that a segment holds, in bytes. */
export const MAX_SEGMENT_LINE_BYTES: number = MAX_VALUE_BYTES - START - 1;

/** Thrown for a segment of another format. */
export class SegmentFormatError extends Error {
  override readonly name = "SegmentFormatError";

  /** @param found the first byte of the segment, `undefined` where it is empty */
  constructor(found: number | undefined) {
    super(
      `A segment has format ${found ?? "none"}, and this version of Sluice understands format ` +
        `${SEGMENT_FORMAT}; it stays in KV for a version that understands it.`,
    );
  }
}

/** A packed segment and its number of lines. */
export interface Segment {
  readonly bytes: Uint8Array;
  readonly lines: number;
}

/**
 * Packs lines into as few segments as possible, in order. Stops where one atomic operation can hold no
 * more; `countLines()` says how many it holds. Only the total bytes of the lines decide that, so any
 * subset of lines that fit fits as well.
 *
 * @throws {RangeError} where a line is longer than a segment
 */
export function pack(lines: readonly string[]): Segment[] {
  const segments: Segment[] = [];
  let used = START;
  let count = 0;
  let total = 0;
  function close(): void {
    if (count > 0) segments.push({ bytes: scratch.slice(0, used), lines: count });
    used = START;
    count = 0;
  }
  for (const line of lines) {
    let written = append(line, used);
    if (written === null) {
      close();
      written = append(line, START);
      if (written === null) throw new RangeError(`Cannot pack a line of ${line.length} characters`);
    }
    total += written;
    if (total > MAX_LINE_BYTES) break;
    used += written;
    count += 1;
  }
  close();
  return segments;
}

/** Merges neighboring segments of one format as long as they fit into one value; keeps their order. */
export function merge(segments: readonly Uint8Array[]): Uint8Array[] {
  const merged: Uint8Array[] = [];
  let parts: Uint8Array[] = [];
  let length = 0;
  function close(): void {
    if (parts.length > 0) merged.push(Buffer.concat(parts));
  }
  for (const segment of segments) {
    const lines = segment.subarray(START);
    if (segment[0] === parts[0]?.[0] && length + lines.length <= MAX_VALUE_BYTES) {
      parts.push(lines);
      length += lines.length;
    } else {
      close();
      parts = [segment];
      length = segment.length;
    }
  }
  close();
  return merged;
}

/** The number of lines in segments. */
export function countLines(segments: readonly Segment[]): number {
  return segments.reduce((sum, { lines }) => sum + lines, 0);
}

/** Writes a line at `offset` and returns its bytes, or `null` if it does not fit. */
function append(line: string, offset: number): number | null {
  const { read, written } = encoder.encodeInto(line, scratch.subarray(offset));
  if (read < line.length || offset + written >= scratch.length) return null;
  scratch[offset + written] = NEWLINE;
  return written + 1;
}

/** Whether a value is a segment whose format `unpack()` understands. */
export function isReadable(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array && value[0] === SEGMENT_FORMAT;
}

/**
 * The lines of a segment.
 *
 * @throws {SegmentFormatError} where it is of another format
 */
export function unpack(segment: Uint8Array): string[] {
  if (!isReadable(segment)) throw new SegmentFormatError(segment[0]);
  return decoder.decode(segment.subarray(START, -1)).split("\n");
}

/** The lines of a value that should be a segment, or why it has none. */
export type SegmentReading =
  | {
    readonly ok: true;
    /** As text; those that are not `isWellFormed` cannot be read. */
    readonly lines: readonly string[];
    /** How many of them cannot be read. */
    readonly malformed: number;
    /** The segment, or segments with lines that were repaired. */
    readonly segments: readonly Uint8Array[];
  }
  | { readonly ok: false; readonly reason: string };

/**
 * Reads a value of KV as a segment. Storage can be damaged: lines that can be read are, whatever else is
 * in it.
 *
 * @throws {SegmentFormatError} where it is of a newer format
 */
export function readSegment(value: unknown): SegmentReading {
  if (!(value instanceof Uint8Array)) {
    return { ok: false, reason: `the value must be bytes, got ${describeType(value)}` };
  }
  const [format] = value;
  if (format !== undefined && format > SEGMENT_FORMAT && format <= MAX_FORMAT) {
    throw new SegmentFormatError(format);
  }
  if (format !== SEGMENT_FORMAT) {
    return { ok: false, reason: `the first byte must be a format, got ${format ?? "no bytes"}` };
  }
  const lines = readIntact(value);
  if (lines !== null) return { ok: true, lines, malformed: 0, segments: [value] };
  return salvage(value);
}

/** The lines, `null` where any is not as it should be. */
function readIntact(segment: Uint8Array): string[] | null {
  if (segment.at(-1) !== NEWLINE) return null;
  try {
    const lines = strictDecoder.decode(segment.subarray(START, -1)).split("\n");
    return lines.every(isWellFormed) ? lines : null;
  } catch {
    return null; // not UTF-8
  }
}

/** Reads what can be read of a damaged segment. */
function salvage(segment: Uint8Array): SegmentReading {
  const lines: string[] = [];
  let isRepaired = false;
  let readable = 0;
  /** Lines that cannot be read, unless together: a row with raw newlines is one event. */
  let pending: string[] = [];
  function keep(line: string): void {
    lines.push(...joinFragments(pending), line);
    pending = [];
    readable += 1;
  }
  for (const { text, isUtf8 } of splitBytes(segment.subarray(START))) {
    if (isUtf8 && isWellFormed(text)) {
      keep(text);
      continue;
    }
    pending.push(text);
    const repaired = isUtf8 ? repair(pending.join("\n")) : null;
    if (repaired === null) continue;
    pending = [];
    isRepaired = true;
    keep(repaired);
  }
  if (readable === 0) return { ok: false, reason: "no line of it can be read" };
  lines.push(...joinFragments(pending));
  const malformed = lines.length - readable;
  const segments = isRepaired ? pack(lines).map(({ bytes }) => bytes) : [segment];
  return { ok: true, lines, malformed, segments };
}

/** Joins what cannot be read and does not begin like a row to what is before it. */
function joinFragments(texts: readonly string[]): string[] {
  const joined: string[] = [];
  for (const text of texts) {
    const isFragment = joined.length > 0 && !/^\ufffd?[[{]/.test(text);
    if (isFragment) joined.push(`${joined.pop()}\n${text}`);
    else joined.push(text);
  }
  return joined;
}

function* splitBytes(bytes: Uint8Array): Generator<{ text: string; isUtf8: boolean }> {
  for (let from = 0; from < bytes.length;) {
    const newline = bytes.indexOf(NEWLINE, from);
    const to = newline === -1 ? bytes.length : newline;
    const line = bytes.subarray(from, to);
    from = to + 1;
    try {
      yield { text: strictDecoder.decode(line), isUtf8: true };
    } catch {
      // Marked, or a line with a broken character in a text would pass for one that can be read.
      yield { text: `${DAMAGE_MARK}${decoder.decode(line)}`, isUtf8: false };
    }
  }
}

/** Encodes a line again whose JSON has raw tabs or newlines, `null` where it is not one. */
function repair(line: string): string | null {
  const tab = line.lastIndexOf("\t");
  if (tab === -1 || !line.endsWith("}")) return null;
  try {
    const [row, context] = [JSON.parse(line.slice(0, tab)), JSON.parse(line.slice(tab + 1))];
    const repaired = joinLine(JSON.stringify(row), JSON.stringify(context));
    return isWellFormed(repaired) ? repaired : null;
  } catch {
    return null;
  }
}

function describeType(value: unknown): string {
  return value === null ? "null" : typeof value === "object" ? "an object" : `a ${typeof value}`;
}
