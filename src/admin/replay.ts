/**
 * Replays dead letters: back through the buffer, under the ids and idempotency keys they have.
 *
 * One commit puts the event into the buffer, corrects the counters and claims the replay, so that two
 * admins, or one who clicks twice, replay it once. Only then is it marked in Postgres; if that fails,
 * it is still listed as waiting, and another replay finds the claim and marks it again.
 */

import { getLogger } from "@logtape/logtape";
import type { Clock } from "../clock.ts";
import { EMPTY_CONTEXT, joinLine } from "../events/line.ts";
import { isClaim } from "../kv/claim.ts";
import { setCorrection } from "../kv/correction.ts";
import { addToCounters } from "../kv/counter.ts";
import { noteDamage } from "../kv/damage.ts";
import { deadLetterContextKey, idempotencyKey, replayKey, segmentKey } from "../kv/keys.ts";
import type { AtomicOperation, Kv } from "../kv/port.ts";
import { MAX_SEGMENT_LINE_BYTES, pack } from "../kv/segment.ts";
import { getText } from "../kv/text.ts";
import type { Database } from "../store/database.ts";
import { markReplayed, readDeadLetters, type StoredDeadLetter } from "../store/dead_letters.ts";
import { parseEditedRow } from "./edited_row.ts";
import type { Replayed, ReplayInput } from "./schema/dead_letters.ts";

/** Options of `replayAll`. */
export interface ReplayOptions {
  readonly kv: Kv;
  readonly database: Pick<Database, "run">;
  readonly clock: Pick<Clock, "now">;
  /** How long a key is claimed (`IDEMPOTENCY_TTL_SECONDS`). */
  readonly idempotencyTtlMs: number;
  /** A time-ordered id for a segment. */
  readonly newId: () => string;
  /** Adds outbox records to an operation, so that their events are enriched again. */
  readonly addEnrichmentRecords: (
    operation: AtomicOperation,
    segments: readonly Uint8Array[],
  ) => void;
  /** Called after events were put back into the buffer. */
  readonly onBuffered: (events: number) => void;
  /** Called after enrichment records were committed. */
  readonly onEnrichmentRecords: () => void;
}

type Result = Replayed["results"][number];

/** Long enough to retry marking a dead letter in Postgres after an outage. */
const REPLAY_CLAIM_MS = 30 * 24 * 3_600_000;

const logger = getLogger(["sluice", "admin"]);

/** Replays dead letters, unchanged or as edited. Safe to repeat. */
export async function replayAll(
  options: ReplayOptions,
  { deadLetters }: ReplayInput,
): Promise<Replayed> {
  const ids = deadLetters.map(({ eventId }) => eventId);
  const found = await options.database.run((sql) => readDeadLetters(sql, ids));
  const byId = new Map(found.map((deadLetter) => [deadLetter.event_id, deadLetter]));
  const results: Result[] = [];
  for (const { eventId, payload } of deadLetters) {
    const deadLetter = byId.get(eventId.toLowerCase());
    const { result, message = null } = deadLetter === undefined
      ? { result: "unknown" as const }
      : await replayOne(options, deadLetter, payload);
    results.push({ eventId, result, message });
  }
  const count = results.filter(({ result }) => result === "replayed").length;
  if (count > 0) logger.info("Replayed {count} dead letters", { count });
  return { results };
}

async function replayOne(
  options: ReplayOptions,
  deadLetter: StoredDeadLetter,
  payload: string | undefined,
): Promise<{ result: Result["result"]; message?: string }> {
  if (deadLetter.replayed_at !== null) return { result: "already_replayed" };
  if (deadLetter.step === "flush" && deadLetter.is_row) {
    // A flush that crashed between the rejection and its commit was repeated, and succeeded.
    await options.database.run((sql) => markReplayed(sql, deadLetter));
    return { result: "already_replayed" };
  }
  const edited = parseEditedRow(deadLetter, payload);
  if (!edited.ok) return { result: "invalid", message: edited.reason };
  const contextKey = deadLetterContextKey(deadLetter.event_id);
  const text = await getText(options.kv, contextKey);
  const context = readContext(text);
  if (text !== null && context === null) noteDamage(options.kv, "context", contextKey);
  // The context never stands in the way: an event that has no room for it is replayed without.
  const lines = [context ?? EMPTY_CONTEXT, EMPTY_CONTEXT].map((json) =>
    joinLine(edited.json, json)
  );
  const line = lines.find((line) => bytesOf(line) <= MAX_SEGMENT_LINE_BYTES);
  if (line === undefined) {
    const limit = MAX_SEGMENT_LINE_BYTES - bytesOf(joinLine("", EMPTY_CONTEXT));
    const message = `the event must have at most ${limit} bytes as JSON, got ${
      bytesOf(edited.json)
    }`;
    return { result: "invalid", message };
  }
  const done = deadLetter.step === "flush"
    ? await appendToBuffer(options, deadLetter, line, edited.idempotencyKey)
    : await enrichAgain(options, deadLetter, line);
  await options.database.run((sql) => markReplayed(sql, deadLetter)).catch((error) => {
    logger.warn(
      "A dead letter was replayed, but could not be marked as replayed in Postgres: {error}",
      { error },
    );
  });
  return { result: done ? "replayed" : "already_replayed" };
}

/** The context of a dead letter as JSON of an object; `null` where it is gone or damaged. */
export function readContext(json: string | null): string | null {
  try {
    const context: unknown = JSON.parse(json ?? "null");
    return typeof context === "object" && context !== null ? JSON.stringify(context) : null;
  } catch {
    return null;
  }
}

/** Puts the event back into the buffer. @returns false if another replay did */
async function appendToBuffer(
  options: ReplayOptions,
  deadLetter: StoredDeadLetter,
  line: string,
  key: string | null,
): Promise<boolean> {
  const { kv, newId } = options;
  const segment = newId();
  const operation = kv.atomic();
  addToCounters(operation, { buffered: 1, dead_letters: -1 });
  claimReplay(operation, deadLetter);
  for (const { bytes } of pack([line])) operation.set(segmentKey(segment), bytes);
  operation.delete(deadLetterContextKey(deadLetter.event_id));
  if (key !== null) {
    await correctClaim(options, operation, { eventId: deadLetter.event_id, key, segment });
  }
  const { ok } = await operation.commit();
  if (ok) options.onBuffered(1);
  return ok;
}

/** A client that repeats the event gets its id once it is a row (contract 2.3). */
async function correctClaim(
  { kv, clock, idempotencyTtlMs: ttlMs }: ReplayOptions,
  operation: AtomicOperation,
  { eventId, key, segment }: { eventId: string; key: string; segment: string },
): Promise<void> {
  const now = clock.now();
  setCorrection(operation, { eventId, idempotencyKey: key }, { kind: "buffered", segment }, {
    now,
    ttlMs,
  });
  const entry = await kv.get<unknown>(idempotencyKey(key));
  const held = isClaim(entry.value) ? entry.value : null; // not in the log
  const expireIn = (held?.deadline ?? 0) - now;
  if (held?.eventId !== eventId || expireIn <= 0) return;
  const { deadLettered: _, ...claim } = held;
  operation.check(entry).set(entry.key, { ...claim, segment }, { expireIn });
}

/** Requests enrichment again for an event that is already stored. */
async function enrichAgain(
  { kv, addEnrichmentRecords, onEnrichmentRecords }: ReplayOptions,
  deadLetter: StoredDeadLetter,
  line: string,
): Promise<boolean> {
  const operation = claimReplay(kv.atomic(), deadLetter);
  addEnrichmentRecords(operation, pack([line]).map(({ bytes }) => bytes));
  const { ok } = await operation.commit();
  if (ok) onEnrichmentRecords();
  return ok;
}

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}

function claimReplay(operation: AtomicOperation, deadLetter: StoredDeadLetter): AtomicOperation {
  const key = replayKey(deadLetter.event_id, deadLetter.dead_ms);
  return operation
    .check({ key, versionstamp: null })
    .set(key, true, { expireIn: REPLAY_CLAIM_MS });
}
