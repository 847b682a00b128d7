/**
 * Every key in Deno KV. Time comes first where it can: neighbours in time are neighbours in the
 * B-tree, which made commits with dedupe keys 1.6 times as fast as random keys did.
 *
 * What has large values stands apart, before all else: SQLite finds a key by comparing it with whole
 * entries around it, and where those were segments, it read up to 64 KB for each comparison. A commit
 * of 90 idempotency keys took 4.4 ms so, and takes 2.0 ms now; beside a full buffer 9.5 and 2.6 ms.
 */

import type { KvKey } from "./port.ts";

const LARGE = "backlog";

/** The format of everything in KV, an integer (see `format.ts`). */
export const FORMAT: KvKey = ["format"];

/** A segment of buffered events, `id` ordered by time. */
export function segmentKey(id: string): KvKey {
  return [LARGE, "segment", id];
}

/** All segments, oldest first. */
export const SEGMENTS: KvKey = [LARGE, "segment"];

/** Right behind all segments. */
export const SEGMENTS_END: KvKey = [LARGE, "segments"];

/** A fingerprint (contract 5.1) where it has a key of its own, `second` being that of the event. */
export function fingerprintKey(second: number, fingerprint: string): KvKey {
  return ["dedupe", second, fingerprint];
}

/** The number of the next entry of the log of fingerprints. */
export const LOG_HEAD: KvKey = ["fingerprints", "head"];

/** An entry of the log of fingerprints. */
export function logKey(number: number): KvKey {
  return ["fingerprints", "log", number];
}

/** All entries of the log of fingerprints, oldest first. */
export const LOG: KvKey = ["fingerprints", "log"];

/** An idempotency key (contract 5.3). */
export function idempotencyKey(uuid: string): KvKey {
  return ["idempotency", uuid];
}

/** A 64-bit counter of events. */
export function counterKey(name: string): KvKey {
  return ["counter", name];
}

/** What the reconciliation of rows starts from. */
export const RECONCILIATION_BASELINE: KvKey = ["reconciliation"];

/** The flush lease (contract 8.2). */
export const FLUSH_LEASE: KvKey = ["lease", "flush"];

/**
 * A record of work to do after a flush; `id` ordered by time. Where the flush is traced, its
 * `traceparent` stands at the end.
 */
export function outboxKey(kind: string, id: string, traceparent?: string): KvKey {
  const key = [...outboxPrefix(kind), id];
  return traceparent === undefined ? key : [...key, traceparent];
}

/** The `traceparent` of an outbox record's flush. */
export function traceOfOutboxKey([, , , , traceparent]: KvKey): string | undefined {
  return typeof traceparent === "string" ? traceparent : undefined;
}

/** All outbox records of a kind, oldest first. */
export function outboxPrefix(kind: string): KvKey {
  return [LARGE, "outbox", kind];
}

/** That a dead letter was replayed; refused again at another time (epoch milliseconds), it is another. */
export function replayKey(eventId: string, deadAtMs: number): KvKey {
  return ["replay", eventId, deadAtMs];
}

/** The request's context of a dead letter, as JSON text. */
export function deadLetterContextKey(eventId: string): KvKey {
  return ["dead_letter", eventId];
}

/** Events of a rule that a process turned away lately. */
export function rejectionKey(process: string, rule: string): KvKey {
  return ["rejection", process, rule];
}

/** All of them, of all processes. */
export const REJECTIONS: KvKey = ["rejection"];

/** A message of the KV queue that could not be delivered, for a person to see. */
export function undeliveredKey(kind: string): KvKey {
  return ["undelivered", kind];
}
