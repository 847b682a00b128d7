/**
 * Segments: many events in one value of KV. One byte for the format, then the lines (see
 * `events/line.ts`), each with a newline at its end.
 */

import { Buffer } from "node:buffer";
import { MAX_LINE_BYTES, MAX_VALUE_BYTES } from "./limits.ts";

/** The format of segments that this code reads and writes; `format.ts` says how to raise it. */
export const SEGMENT_FORMAT = 1;

const NEWLINE = 0x0a;
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true }); // a byte order mark is data
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

/** Whether `unpack()` understands the format of a segment. */
export function isReadable(segment: Uint8Array): boolean {
  return segment[0] === SEGMENT_FORMAT;
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
