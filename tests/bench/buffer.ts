/** Fills and counts buffers in KV without a service. */

import { systemClock } from "../../src/clock.ts";
import type { TrackEventInput } from "../../src/events/types.ts";
import { addAccepted } from "../../src/kv/counter.ts";
import { segmentKey, SEGMENTS } from "../../src/kv/keys.ts";
import { openKv, openRemoteKv } from "../../src/kv/open.ts";
import { isPostgresUrl } from "../../src/store/connection_string.ts";
import { pack } from "../../src/kv/segment.ts";
import { acceptedEvent, contextOf } from "../support/events.ts";
import { type Keys, makeKey } from "./load/keys.ts";
import { makeEvent, userAgentOf } from "./load/requests.ts";
import { newId } from "../support/ids.ts";

const EVENTS_PER_SEGMENT = 50;
const SEGMENTS_PER_COMMIT = 10;
const NEWLINE = 0x0a;

/** Makes segment lines of the load's events, as admission would. */
export function segmentLines(first: number, count: number, keys: Keys = "none"): string[] {
  return Array.from({ length: count }, (_, i) => {
    const n = first + i;
    const serial = Math.floor(n / 8).toString(16).padStart(12, "0");
    const key = keys === "none" ? {} : { idempotencyKey: makeKey(keys) };
    const input = { ...makeEvent(n, "00000000", serial), ...key } as unknown as TrackEventInput;
    const context = contextOf({
      ip: `81.${Math.floor(n / 8) % 250}.${n % 250}.7`,
      userAgent: userAgentOf(Math.floor(n / 8)),
      language: "en",
    });
    return acceptedEvent(input, { identity: null, context }).line;
  });
}

/**
 * Fills a buffer. KV knows none of its dedup keys: a backlog this long outlives them.
 *
 * @param events a multiple of 500
 */
export async function fillBuffer(
  path: string,
  events: number,
  keys: Keys,
  progress: (done: number) => void,
): Promise<void> {
  const kv = await openKv(path, { clock: systemClock, random: Math.random });
  const each = EVENTS_PER_SEGMENT * SEGMENTS_PER_COMMIT;
  for (let first = 0; first < events; first += each) {
    const operation = kv.atomic();
    for (let i = 0; i < SEGMENTS_PER_COMMIT; i++) {
      const [segment] = pack(
        segmentLines(first + i * EVENTS_PER_SEGMENT, EVENTS_PER_SEGMENT, keys),
      );
      if (segment?.lines !== EVENTS_PER_SEGMENT) {
        throw new Error("A segment does not fit into a KV value");
      }
      operation.set(segmentKey(newId()), segment.bytes);
    }
    addAccepted(operation, each);
    await operation.commit();
    progress(first + each);
  }
  kv.close();
}

/**
 * Counts the events in a buffer one by one: what a killed service had made durable.
 */
export async function countDurable(path: string): Promise<number> {
  const kv = isPostgresUrl(path)
    ? await openRemoteKv(path, { clock: systemClock, deadlineMs: 60_000 })
    : await openKv(path, { clock: systemClock, random: Math.random });
  let events = 0;
  for await (const { value } of kv.list<Uint8Array>({ prefix: SEGMENTS }, { batchSize: 50 })) {
    for (let at = value.indexOf(NEWLINE); at >= 0; at = value.indexOf(NEWLINE, at + 1)) events++;
  }
  await kv.close();
  return events;
}

/** @throws if a killed service has lost or duplicated events */
export async function assertDurable(path: string, accepted: number): Promise<void> {
  const durable = await countDurable(path);
  if (durable !== accepted) {
    throw new Error(`${accepted} events were acknowledged, but ${durable} are durable`);
  }
}
