/**
 * Replays dead letters: back through the buffer, under the ids and idempotency keys they have.
 *
 * One commit puts the event into the buffer, corrects the counters and claims the replay, so that two
 * admins, or one who clicks twice, replay it once. Only then Postgres is told; where that fails, the
 * dead letter seems to wait still, and a further replay finds the claim and tells Postgres again.
 */

import { getLogger } from "@logtape/logtape";
import type { Clock } from "../clock.ts";
import { joinLine } from "../events/line.ts";
import type { Claim } from "../kv/claim.ts";
import { addToCounter } from "../kv/counter.ts";
import {
  deadLetterContextKey,
  idempotencyKey,
  outboxKey,
  replayKey,
  segmentKey,
} from "../kv/keys.ts";
import type { AtomicOperation, Kv } from "../kv/port.ts";
import { pack } from "../kv/segment.ts";
import type { Database } from "../store/database.ts";
import { type KeptDeadLetter, markReplayed, readDeadLetters } from "../store/dead_letters.ts";
import { editedRow } from "./edited_row.ts";
import type { Replayed, ReplayInput } from "./schema.ts";

/** What dead letters are replayed with. */
export interface ReplayOptions {
  readonly kv: Kv;
  readonly database: Pick<Database, "run">;
  readonly clock: Pick<Clock, "now">;
  /** A time-ordered id for a segment or record. */
  readonly newId: () => string;
  /** The kind of outbox record that has an event enriched. */
  readonly enrichmentKind: string;
  /** Called when events are in the buffer again. */
  readonly onBuffered: (events: number) => void;
  /** Called when there is something to enrich again. */
  readonly onRecords: () => void;
}

type Result = Replayed["results"][number];

/** Longer than anybody leaves a dead letter that Postgres could not be told about. */
const REPLAY_CLAIM_MS = 30 * 24 * 3_600_000;
/** Of a request that nobody remembers. */
const NO_CONTEXT = "{}";

const logger = getLogger(["sluice", "admin"]);

/** Replays dead letters, each as it was refused or as it was edited. Safe to repeat. */
export async function replayAll(
  options: ReplayOptions,
  { deadLetters }: ReplayInput,
): Promise<Replayed> {
  const ids = deadLetters.map(({ eventId }) => eventId);
  const kept = await options.database.run((sql) => readDeadLetters(sql, ids));
  const byId = new Map(kept.map((deadLetter) => [deadLetter.event_id, deadLetter]));
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
  deadLetter: KeptDeadLetter,
  payload: string | undefined,
): Promise<{ result: Result["result"]; message?: string }> {
  if (deadLetter.replayed_at !== null) return { result: "already_replayed" };
  if (deadLetter.step === "flush" && deadLetter.is_row) {
    // A flush that died between the refusal and its commit was repeated, and then had its way.
    await options.database.run((sql) => markReplayed(sql, deadLetter));
    return { result: "already_replayed" };
  }
  const edited = editedRow(deadLetter, payload);
  if (!edited.ok) return { result: "invalid", message: edited.reason };
  const context = await options.kv.get<string>(deadLetterContextKey(deadLetter.event_id));
  const line = joinLine(edited.json, context.value ?? NO_CONTEXT);
  const done = deadLetter.step === "flush"
    ? await buffer(options, deadLetter, line, edited.idempotencyKey)
    : await record(options, deadLetter, line);
  await options.database.run((sql) => markReplayed(sql, deadLetter)).catch((error) => {
    logger.warn("Replayed, but Postgres could not be told: {error}", { error });
  });
  return { result: done ? "replayed" : "already_replayed" };
}

/** Puts the event back into the buffer; false where somebody else has. */
async function buffer(
  options: ReplayOptions,
  deadLetter: KeptDeadLetter,
  line: string,
  key: string | null,
): Promise<boolean> {
  const { kv, clock, newId } = options;
  const segment = newId();
  const operation = claimed(kv, deadLetter);
  for (const { bytes } of pack([line])) operation.set(segmentKey(segment), bytes);
  operation.delete(deadLetterContextKey(deadLetter.event_id));
  if (key !== null) {
    // Whoever sends the event again is to hear its id once it is a row (contract 2.3).
    const entry = await kv.get<Claim>(idempotencyKey(key));
    const expireIn = (entry.value?.deadline ?? 0) - clock.now();
    if (entry.value?.eventId === deadLetter.event_id && expireIn > 0) {
      const { refused: _, ...claim } = entry.value;
      operation.check(entry).set(entry.key, { ...claim, segment }, { expireIn });
    }
  }
  addToCounter(operation, "buffered", 1);
  addToCounter(operation, "dead_letters", -1);
  const { ok } = await operation.commit();
  if (ok) options.onBuffered(1);
  return ok;
}

/** Has the event, which is a row already, enriched again. */
async function record(
  { kv, newId, enrichmentKind, onRecords }: ReplayOptions,
  deadLetter: KeptDeadLetter,
  line: string,
): Promise<boolean> {
  const operation = claimed(kv, deadLetter);
  for (const { bytes } of pack([line])) operation.set(outboxKey(enrichmentKind, newId()), bytes);
  const { ok } = await operation.commit();
  if (ok) onRecords();
  return ok;
}

function claimed(kv: Kv, deadLetter: KeptDeadLetter): AtomicOperation {
  const key = replayKey(deadLetter.event_id, deadLetter.dead_at.getTime());
  return kv.atomic()
    .check({ key, versionstamp: null })
    .set(key, true, { expireIn: REPLAY_CLAIM_MS });
}
