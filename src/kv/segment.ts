/** Segments: many events in one value of KV, one line of text each (see `events/line.ts`). */

import { MAX_ATOMIC_BYTES, MAX_VALUE_BYTES } from "./limits.ts";

const NEWLINE = 0x0a;
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true }); // a mark at the start is data
const scratch = new Uint8Array(MAX_VALUE_BYTES);

/** Lines packed into values, and how many lines they hold. */
export interface Packed {
  readonly segments: readonly Uint8Array[];
  /** Lines taken from the front; the rest did not fit into one atomic operation. */
  readonly count: number;
}

/** Packs lines into as few values as they need and as one atomic operation can carry. */
export function pack(lines: readonly string[]): Packed {
  const segments: Uint8Array[] = [];
  let bytes = 0;
  let used = 0;
  let count = 0;
  for (const line of lines) {
    let written = append(line, used);
    if (written === null) {
      segments.push(scratch.slice(0, used));
      bytes += used;
      used = 0;
      if (bytes + MAX_VALUE_BYTES > MAX_ATOMIC_BYTES) return { segments, count };
      written = append(line, 0);
      if (written === null) throw new RangeError(`Cannot pack a line of ${line.length} characters`);
    }
    used += written;
    count += 1;
  }
  if (used > 0) segments.push(scratch.slice(0, used));
  return { segments, count };
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
