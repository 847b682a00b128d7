/** Reads from the buffer what one flush step takes. */

import { segmentKey, SEGMENTS } from "../kv/keys.ts";
import { MAX_LINE_BYTES, MAX_SEGMENTS_PER_COMMIT } from "../kv/limits.ts";
import type { Kv, KvKey } from "../kv/port.ts";
import { isReadable, unpack } from "../kv/segment.ts";

/** Segments read together, with their events as lines. */
export interface Batch {
  readonly keys: readonly KvKey[];
  readonly segments: readonly Uint8Array[];
  readonly lines: readonly string[];
  /** Whether more was there than one step can carry. */
  readonly full: boolean;
}

/** Limits of one batch, the first segment excepted. */
export interface BatchLimits {
  readonly maxSegments?: number;
  /** Bytes of segments. */
  readonly maxBytes?: number;
}

/** Rows of one insert statement, at the most. */
export const MAX_ROWS_PER_INSERT = 2_000;

/** More at once than a batch needs would be read in vain, and lie in memory. */
const SEGMENTS_PER_READ = 8;

/**
 * The oldest segments, up to what one statement and one atomic operation can carry.
 *
 * @throws {SegmentFormatError} where the first one is of a newer version
 * @param after the last segment of the batch before, where that one is still there; `null`: from the start
 */
export async function readBatch(
  kv: Kv,
  after: KvKey | null = null,
  { maxSegments = MAX_SEGMENTS_PER_COMMIT, maxBytes = MAX_LINE_BYTES }: BatchLimits = {},
): Promise<Batch> {
  const keys: KvKey[] = [];
  const segments: Uint8Array[] = [];
  const lines: string[] = [];
  let bytes = 0;
  let full = false;
  const range = after === null
    ? { prefix: SEGMENTS }
    : { prefix: SEGMENTS, start: segmentKey(`${idOf(after)}\u0000`) }; // the least key behind it
  const entries = kv.list<Uint8Array>(range, {
    limit: maxSegments,
    batchSize: SEGMENTS_PER_READ,
  });
  for await (const { key, value } of entries) {
    // A segment of a newer version ends this batch and fails the next read, once these are stored.
    full = keys.length > 0 && !isReadable(value);
    if (full) break;
    const more = unpack(value);
    full = keys.length > 0 && (lines.length + more.length > MAX_ROWS_PER_INSERT ||
      bytes + value.length > maxBytes);
    if (full) break;
    keys.push(key);
    segments.push(value);
    lines.push(...more);
    bytes += value.length;
  }
  return { keys, segments, lines, full: full || keys.length === maxSegments };
}

/** The newest segment's id, or `null` where the buffer is empty. */
export async function newestSegment(kv: Kv): Promise<string | null> {
  for await (const { key } of kv.list({ prefix: SEGMENTS }, { limit: 1, reverse: true })) {
    return idOf(key);
  }
  return null;
}

/** The oldest segment's id, or `null` where the buffer is empty. */
export async function oldestSegment(kv: Kv): Promise<string | null> {
  for await (const { key } of kv.list({ prefix: SEGMENTS }, { limit: 1 })) return idOf(key);
  return null;
}

function idOf(key: KvKey): string {
  return String(key[SEGMENTS.length]);
}
