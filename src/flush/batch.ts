/** Reads the segments of one flush step from the buffer. */

import { segmentKey, SEGMENTS } from "../kv/keys.ts";
import { MAX_LINE_BYTES, MAX_SEGMENTS_PER_COMMIT } from "../kv/limits.ts";
import type { Kv, KvKey } from "../kv/port.ts";
import { isReadable, unpack } from "../kv/segment.ts";

/** Segments that are flushed together, with their events as lines. */
export interface Batch {
  readonly keys: readonly KvKey[];
  readonly segments: readonly Uint8Array[];
  readonly lines: readonly string[];
  /** Whether there are more segments than one step can hold. */
  readonly full: boolean;
}

/** Limits of one batch; its first segment may exceed them. */
export interface BatchLimits {
  readonly maxSegments?: number;
  /** Bytes of segments. */
  readonly maxBytes?: number;
}

/** Maximum number of rows in one insert statement. */
export const MAX_ROWS_PER_INSERT = 2_000;

/** Small, so that little is read beyond what a batch needs. */
const SEGMENTS_PER_READ = 8;

/**
 * Reads the oldest segments, as many as one statement and one atomic operation can hold.
 *
 * @throws {SegmentFormatError} where the first one is of a newer version
 * @param after the last segment of the previous batch, which may still be present; `null`: from the start
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
    : { prefix: SEGMENTS, start: segmentKey(`${readSegmentId(after)}\u0000`) }; // the first possible key after it
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

/** Reads the id of the newest segment, `null` if the buffer is empty. */
export async function readNewestSegmentId(kv: Kv): Promise<string | null> {
  for await (const { key } of kv.list({ prefix: SEGMENTS }, { limit: 1, reverse: true })) {
    return readSegmentId(key);
  }
  return null;
}

/** Reads the id of the oldest segment, `null` if the buffer is empty. */
export async function readOldestSegmentId(kv: Kv): Promise<string | null> {
  for await (const { key } of kv.list({ prefix: SEGMENTS }, { limit: 1 })) {
    return readSegmentId(key);
  }
  return null;
}

function readSegmentId(key: KvKey): string {
  return String(key[SEGMENTS.length]);
}
