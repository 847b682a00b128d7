/**
 * Which events of a segment could be read, if not all could. Claims of keys name the segment of their
 * event, and a replay is answered with the id of its row once the segment is gone; an event that could not
 * be read has no row, and its claim cannot be found without its key (contract 2.3).
 */

import { damagedSegmentKey } from "./keys.ts";
import type { Kv } from "./port.ts";

/** Claims of keys last no longer (`IDEMPOTENCY_TTL_SECONDS`). */
const KEPT_MS = 31 * 24 * 3_600_000;

/** Notes which events of a segment could be read. */
export async function noteReadable(
  kv: Kv,
  segmentId: string,
  eventIds: readonly string[],
): Promise<void> {
  const key = damagedSegmentKey(segmentId);
  await kv.atomic().set(key, eventIds.join(" "), { expireIn: KEPT_MS }).commit();
}

/** Whether an event could be read, by the value of a `damagedSegmentKey`. */
export function isReadableIn(value: unknown, eventId: string): boolean {
  return typeof value === "string" && value.includes(eventId);
}
