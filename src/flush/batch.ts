/** Reads from the buffer what one flush step takes. */

import { segmentKey, SEGMENTS } from "../kv/keys.ts";
import { MAX_ATOMIC_BYTES, MAX_SEGMENTS_PER_COMMIT } from "../kv/limits.ts";
import { unpack } from "../kv/segment.ts";

/** Segments read together, with their events as lines. */
export interface Batch {
  readonly keys: readonly Deno.KvKey[];
  readonly lines: readonly string[];
}

/** Rows of one insert statement, at the most. */
export const MAX_BATCH_EVENTS = 2_000;

const SEGMENTS_PER_READ = 32;

/**
 * The oldest segments, up to what one statement and one atomic operation can carry.
 *
 * @param after the last segment of the batch before, where that one is still there; `null`: from the start
 */
export async function readBatch(kv: Deno.Kv, after: Deno.KvKey | null = null): Promise<Batch> {
  const keys: Deno.KvKey[] = [];
  const lines: string[] = [];
  let bytes = 0;
  const range = after === null
    ? { prefix: SEGMENTS }
    : { prefix: SEGMENTS, start: segmentKey(`${idOf(after)}\u0000`) }; // the least key behind it
  const entries = kv.list<Uint8Array>(range, {
    limit: MAX_SEGMENTS_PER_COMMIT,
    batchSize: SEGMENTS_PER_READ,
  });
  for await (const { key, value } of entries) {
    const more = unpack(value);
    const full = lines.length + more.length > MAX_BATCH_EVENTS ||
      bytes + value.length > MAX_ATOMIC_BYTES;
    if (keys.length > 0 && full) break;
    keys.push(key);
    lines.push(...more);
    bytes += value.length;
  }
  return { keys, lines };
}

/** The newest segment's id, or `null` where the buffer is empty. */
export async function newestSegment(kv: Deno.Kv): Promise<string | null> {
  for await (const { key } of kv.list({ prefix: SEGMENTS }, { limit: 1, reverse: true })) {
    return idOf(key);
  }
  return null;
}

/** The oldest segment's id, or `null` where the buffer is empty. */
export async function oldestSegment(kv: Deno.Kv): Promise<string | null> {
  for await (const { key } of kv.list({ prefix: SEGMENTS }, { limit: 1 })) return idOf(key);
  return null;
}

function idOf(key: Deno.KvKey): string {
  return String(key[1]);
}
