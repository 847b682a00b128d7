/**
 * Every key in Deno KV. Time comes first where it can: neighbours in time are neighbours in the
 * B-tree, which made commits with dedupe keys 1.6 times as fast as random keys did.
 *
 * What has large values stands apart, before all else: SQLite finds a key by comparing it with whole
 * entries around it, and where those were segments, it read up to 64 KB for each comparison. A commit
 * of 90 idempotency keys took 4.4 ms so, and takes 2.0 ms now; beside a full buffer 9.5 and 2.6 ms.
 */

const LARGE = "backlog";

/** A segment of buffered events, `id` ordered by time. */
export function segmentKey(id: string): Deno.KvKey {
  return [LARGE, "segment", id];
}

/** All segments, oldest first. */
export const SEGMENTS: Deno.KvKey = [LARGE, "segment"];

/** Right behind all segments. */
export const SEGMENTS_END: Deno.KvKey = [LARGE, "segments"];

/** A fingerprint (contract 5.1) where it has a key of its own, `second` being that of the event. */
export function fingerprintKey(second: number, fingerprint: string): Deno.KvKey {
  return ["dedupe", second, fingerprint];
}

/** The number of the next entry of the log of fingerprints. */
export const LOG_HEAD: Deno.KvKey = ["fingerprints", "head"];

/** An entry of the log of fingerprints. */
export function logKey(number: number): Deno.KvKey {
  return ["fingerprints", "log", number];
}

/** All entries of the log of fingerprints, oldest first. */
export const LOG: Deno.KvKey = ["fingerprints", "log"];

/** An idempotency key (contract 5.3). */
export function idempotencyKey(uuid: string): Deno.KvKey {
  return ["idempotency", uuid];
}

/** What became of so many events, a `Deno.KvU64`. */
export function counterKey(name: string): Deno.KvKey {
  return ["counter", name];
}

/** How the reconciliation were opened. */
export const RECONCILIATION: Deno.KvKey = ["reconciliation"];

/** The flush lease (contract 8.2). */
export const FLUSH_LEASE: Deno.KvKey = ["lease", "flush"];

/**
 * A record of work to do after a flush; `id` ordered by time. Where the flush is traced, its
 * `traceparent` stands at the end.
 */
export function outboxKey(kind: string, id: string, traceparent?: string): Deno.KvKey {
  const key = [...outbox(kind), id];
  return traceparent === undefined ? key : [...key, traceparent];
}

/** The `traceparent` of an outbox record's flush. */
export function traceOfOutboxKey([, , , , traceparent]: Deno.KvKey): string | undefined {
  return typeof traceparent === "string" ? traceparent : undefined;
}

/** All outbox records of a kind, oldest first. */
export function outbox(kind: string): Deno.KvKey {
  return [LARGE, "outbox", kind];
}

/** Where segments and outbox records stood in former versions: the keys of today but for their first part. */
export const FORMER_BACKLOGS: readonly Deno.KvKey[] = [["segment"], ["outbox"]];

/** The key of today for what stands at a former one. */
export function relocated(former: Deno.KvKey): Deno.KvKey {
  return [LARGE, ...former];
}

/** That a dead letter was replayed; refused again at another time (epoch milliseconds), it is another. */
export function replayKey(eventId: string, deadAtMs: number): Deno.KvKey {
  return ["replay", eventId, deadAtMs];
}

/** The request's context of a dead letter, as JSON text. */
export function deadLetterContextKey(eventId: string): Deno.KvKey {
  return ["dead_letter", eventId];
}

/** Events of a rule that a process turned away lately. */
export function rejectionKey(process: string, rule: string): Deno.KvKey {
  return ["rejection", process, rule];
}

/** All of them, of all processes. */
export const REJECTIONS: Deno.KvKey = ["rejection"];

/** A message of the KV queue that could not be delivered, for a person to see. */
export const UNDELIVERED: Deno.KvKey = ["undelivered", "enrichment"];
