/** Reads which processes share the buffer. */

import { PROCESSES } from "../kv/keys.ts";
import type { Kv, KvKey } from "../kv/port.ts";
import { type Beat, LISTED_MS } from "./heartbeat.ts";
import type { ProcessInfo } from "./schema/overview.ts";

/** Lists the processes that were seen within a minute of `now`, oldest first. */
export async function readProcesses(kv: Kv, now: number): Promise<ProcessInfo[]> {
  const processes: ProcessInfo[] = [];
  for await (const { key, value } of kv.list({ prefix: PROCESSES })) {
    // KV's `expireIn` means "not before"; clocks of machines may differ.
    if (isBeat(value) && now - value.seenAt < LISTED_MS) processes.push(toInfo(key, value));
  }
  return processes.sort((a, b) => a.startedAt < b.startedAt ? -1 : 1);
}

function toInfo(key: KvKey, beat: Beat): ProcessInfo {
  const { name, version, startedAt, seenAt, accepted, acceptedPerSecond, flushedAt } = beat;
  return {
    id: String(key[PROCESSES.length]),
    name,
    version,
    startedAt: toIso(startedAt),
    seenAt: toIso(seenAt),
    accepted,
    acceptedPerSecond,
    flushedAt: flushedAt === null ? null : toIso(flushedAt),
  };
}

/** Whether a value of KV is a beat, and not damaged. */
function isBeat(value: unknown): value is Beat {
  if (typeof value !== "object" || value === null) return false;
  const { name, version, startedAt, seenAt, accepted, acceptedPerSecond, flushedAt } =
    value as Beat;
  return typeof name === "string" && typeof version === "string" &&
    [startedAt, seenAt, accepted].every(isCount) &&
    Number.isFinite(acceptedPerSecond) && (flushedAt === null || isCount(flushedAt));
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0 && value <= MAX_TIME;
}

/** The largest time that `Date` knows. */
const MAX_TIME = 8.64e15;

function toIso(ms: number): string {
  return new Date(ms).toISOString();
}
