/**
 * Which records wait for a consumer. One that keeps failing while others do not is tried again less and
 * less often and then set aside (contract 8.10); meanwhile it is no sign of a standstill, nor of a lag.
 */

import { readIdTime } from "../events/id.ts";
import { failingPrefix, outboxPrefix } from "../kv/keys.ts";
import type { Kv } from "../kv/port.ts";
import { isFailingNote, MAX_BACKOFF_MS } from "./failing_records.ts";

/** Processes try records that are due every minute; one that is overdue for longer waits like all others. */
const OVERDUE_MS = 180_000;
/** As many as are told apart, as health checks and dashboards ask every few seconds. */
const MAX_NOTES = 1_000;

/** The id of the oldest record of a kind that waits, `null` if there is none. */
export async function readOldestWaiting(
  kv: Kv,
  kind: string,
  now: number,
): Promise<string | null> {
  const failing = await readFailing(kv, kind, now);
  const prefix = outboxPrefix(kind);
  const batchSize = Math.min(failing.size + 1, 100);
  for await (const { key } of kv.list({ prefix }, { batchSize, limit: failing.size + 1 })) {
    const id = String(key[prefix.length]);
    if (!failing.has(id)) return id;
  }
  return null;
}

/** The age of the oldest record of a kind that waits, in seconds; 0 if there is none. */
export async function readWaitingAge(kv: Kv, kind: string, now: number): Promise<number> {
  const id = await readOldestWaiting(kv, kind, now);
  return id === null ? 0 : Math.max(0, now - readIdTime(id)) / 1000;
}

/** Counts the records of a kind that fail while others do not, and are tried again. */
export async function countFailing(kv: Kv, kind: string, now: number): Promise<number> {
  return (await readFailing(kv, kind, now)).size;
}

/** The ids of records that failed and are tried again at a later time. */
async function readFailing(kv: Kv, kind: string, now: number): Promise<Set<string>> {
  const ids = new Set<string>();
  const prefix = failingPrefix(kind);
  for await (const { key, value } of kv.list<unknown>({ prefix }, { limit: MAX_NOTES })) {
    if (!isFailingNote(value)) continue;
    const waitMs = value.retryAt - now;
    if (waitMs > -OVERDUE_MS && waitMs <= MAX_BACKOFF_MS) ids.add(String(key[prefix.length]));
  }
  return ids;
}
