/** Reads the segments of one flush step from the buffer. */

import { segmentKey, SEGMENTS } from "../kv/keys.ts";
import { LOCAL_LIMITS, MAX_LINE_BYTES, MAX_SEGMENTS_PER_COMMIT } from "../kv/limits.ts";
import type { Kv, KvKey } from "../kv/port.ts";
import { readSegment, type SegmentReading } from "../kv/segment.ts";

/** Segments that are flushed together, with their events as lines. */
export interface Batch {
  readonly keys: readonly KvKey[];
  readonly segments: readonly Uint8Array[];
  /** Some of them may be unreadable (see `events/unreadable.ts`). */
  readonly lines: readonly string[];
  /** How many of them are known to be. */
  readonly malformed: number;
  /** How many lines are of each key. */
  readonly counts: readonly number[];
  /** The oldest segment, if it cannot be read at all; there are no others in the batch then. */
  readonly unreadable: UnreadableSegment | null;
  /** Whether there are more segments than one step can hold. */
  readonly full: boolean;
}

/** A segment that cannot be read. */
export interface UnreadableSegment {
  readonly key: KvKey;
  readonly value: unknown;
  readonly reason: string;
}

/** Limits of one batch; its first segment may exceed them. */
export interface BatchLimits {
  readonly maxSegments?: number;
  /** Bytes of segments. */
  readonly maxBytes?: number;
  /** Segments of one page: small, so that little is read beyond what a batch needs (`KvLimits`). */
  readonly segmentsPerRead?: number | undefined;
}

/** Maximum number of rows in one insert statement. */
export const MAX_ROWS_PER_INSERT = 2_000;

/**
 * Reads the oldest segments, as many as one statement and one atomic operation can hold.
 *
 * @throws {SegmentFormatError} where the first one is of a newer version
 * @param after the last segment of the previous batch, which may still be present; `null`: from the start
 */
export async function readBatch(
  kv: Kv,
  after: KvKey | null = null,
  limits: BatchLimits = {},
): Promise<Batch> {
  const { maxSegments = MAX_SEGMENTS_PER_COMMIT, maxBytes = MAX_LINE_BYTES } = limits;
  const { segmentsPerRead = LOCAL_LIMITS.segmentsPerRead } = limits;
  const keys: KvKey[] = [];
  const segments: Uint8Array[] = [];
  const lines: string[] = [];
  const counts: number[] = [];
  let bytes = 0;
  let malformed = 0;
  let unreadable: UnreadableSegment | null = null;
  let full = false;
  const range = after === null
    ? { prefix: SEGMENTS }
    : { prefix: SEGMENTS, start: segmentKey(`${readSegmentId(after)}\u0000`) }; // the first possible key after it
  const entries = kv.list<unknown>(range, {
    limit: maxSegments,
    batchSize: segmentsPerRead,
  });
  for await (const { key, value } of entries) {
    const reading = readUnlessNewer(value, keys.length > 0);
    // What cannot be read ends this batch, and is dealt with once these are stored.
    full = keys.length > 0 && !reading?.ok;
    if (full || reading === null) break;
    if (!reading.ok) {
      unreadable = { key, value, reason: reading.reason };
      full = true;
      break;
    }
    const size = reading.segments.reduce((sum, { length }) => sum + length, 0);
    full = keys.length > 0 && (lines.length + reading.lines.length > MAX_ROWS_PER_INSERT ||
      bytes + size > maxBytes);
    if (full) break;
    keys.push(key);
    segments.push(...reading.segments);
    lines.push(...reading.lines);
    counts.push(reading.lines.length);
    malformed += reading.malformed;
    bytes += size;
  }
  full ||= keys.length === maxSegments;
  return { keys, segments, lines, malformed, counts, unreadable, full };
}

/** Reads a segment; `null` for one of a newer version after others, which fails the next read. */
function readUnlessNewer(value: unknown, isLater: boolean): SegmentReading | null {
  try {
    return readSegment(value);
  } catch (error) {
    if (isLater) return null;
    throw error;
  }
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

/** The id in the key of a segment. */
export function readSegmentId(key: KvKey): string {
  return String(key[SEGMENTS.length]);
}
