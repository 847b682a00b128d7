/** Segments: many events in one value of KV, one line of text each (see `events/line.ts`). */

import { Buffer } from "node:buffer";
import { MAX_ATOMIC_BYTES, MAX_VALUE_BYTES } from "./limits.ts";

const NEWLINE = 0x0a;
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true }); // a mark at the start is data
const scratch = new Uint8Array(MAX_VALUE_BYTES);

/** A value of KV, and how many lines it holds. */
export interface Segment {
  readonly bytes: Uint8Array;
  readonly lines: number;
}

/**
 * Packs lines, from the front, into as few segments as they need and as one atomic operation carries.
 * What fits is decided by the lines' bytes alone, so that of lines that fit, any selection fits too.
 */
export function pack(lines: readonly string[]): Segment[] {
  const segments: Segment[] = [];
  let used = 0;
  let count = 0;
  let total = 0;
  function close(): void {
    if (count > 0) segments.push({ bytes: scratch.slice(0, used), lines: count });
    used = 0;
    count = 0;
  }
  for (const line of lines) {
    let written = append(line, used);
    if (written === null) {
      close();
      written = append(line, 0);
      if (written === null) throw new RangeError(`Cannot pack a line of ${line.length} characters`);
    }
    total += written;
    if (total > MAX_ATOMIC_BYTES) break;
    used += written;
    count += 1;
  }
  close();
  return segments;
}

/** The same lines in as few segments, as far as small neighbours fit into one. */
export function merge(segments: readonly Uint8Array[]): Uint8Array[] {
  const merged: Uint8Array[] = [];
  let together: Uint8Array[] = [];
  let length = 0;
  function close(): void {
    if (together.length > 0) merged.push(Buffer.concat(together));
  }
  for (const segment of segments) {
    if (length + segment.length > MAX_VALUE_BYTES) {
      close();
      together = [];
      length = 0;
    }
    together.push(segment);
    length += segment.length;
  }
  close();
  return merged;
}

/** How many lines segments hold. */
export function countLines(segments: readonly Segment[]): number {
  return segments.reduce((sum, { lines }) => sum + lines, 0);
}

/** Writes a line at `offset`; its bytes, or `null` where it does not fit. */
function append(line: string, offset: number): number | null {
  const { read, written } = encoder.encodeInto(line, scratch.subarray(offset));
  if (read < line.length || offset + written >= scratch.length) return null;
  scratch[offset + written] = NEWLINE;
  return written + 1;
}

/** The lines of a segment. */
export function unpack(segment: Uint8Array): string[] {
  return decoder.decode(segment.subarray(0, -1)).split("\n");
}
