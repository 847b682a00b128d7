/**
 * Replays dead letters: back through the buffer, under the ids and idempotency keys they have.
 *
 * One commit puts the event into the buffer, corrects the accounts and claims the replay, so that two
 * admins, or one who clicks twice, replay it once. Only then Postgres is told; where that fails, the
 * letter seems to wait still, and a further replay finds the claim and tells Postgres again.
 */

import { getLogger } from "@logtape/logtape";
import type { Clock } from "../clock.ts";
import { joinLine } from "../events/line.ts";
import type { Claim } from "../kv/claim.ts";
import { post } from "../kv/counter.ts";
import { idempotencyKey, letterContextKey, outboxKey, replayKey, segmentKey } from "../kv/keys.ts";
import { pack } from "../kv/segment.ts";
import type { Database } from "../store/database.ts";
import { type KeptLetter, markReplayed, readDeadLetters } from "../store/dead_letters.ts";
import { editedRow } from "./edited_row.ts";
import type { Replayed, ReplayInput } from "./schema.ts";

/** What dead letters are replayed with. */
export interface ReplayOptions {
  readonly kv: Deno.Kv;
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

/** Longer than anybody leaves a letter that Postgres could not be told about. */
const REPLAY_CLAIM_MS = 30 * 24 * 3_600_000;
/** Of a request that nobody remembers. */
const NO_CONTEXT = "{}";

const logger = getLogger(["sluice", "admin"]);

/** Replays letters, each as it was refused or as it was edited. Safe to repeat. */
export async function replayLetters(
  options: ReplayOptions,
  { letters }: ReplayInput,
): Promise<Replayed> {
  const ids = letters.map(({ eventId }) => eventId);
  const kept = await options.database.run((sql) => readDeadLetters(sql, ids));
  const byId = new Map(kept.map((letter) => [letter.event_id, letter]));
  const results: Result[] = [];
  for (const { eventId, payload } of letters) {
    const letter = byId.get(eventId.toLowerCase());
    const { result, message = null } = letter === undefined
      ? { result: "unknown" as const }
      : await replayOne(options, letter, payload);
    results.push({ eventId, result, message });
  }
  const count = results.filter(({ result }) => result === "replayed").length;
  if (count > 0) logger.info("Replayed {count} dead letters", { count });
  return { results };
}

async function replayOne(
  options: ReplayOptions,
  letter: KeptLetter,
  payload: string | undefined,
): Promise<{ result: Result["result"]; message?: string }> {
  if (letter.replayed_at !== null) return { result: "already_replayed" };
  if (letter.step === "flush" && letter.is_row) {
    // A flush that died between the refusal and its commit was repeated, and then had its way.
    await options.database.run((sql) => markReplayed(sql, letter));
    return { result: "already_replayed" };
  }
  const edited = editedRow(letter, payload);
  if (!edited.ok) return { result: "invalid", message: edited.reason };
  const context = await options.kv.get<string>(letterContextKey(letter.event_id));
  const line = joinLine(edited.json, context.value ?? NO_CONTEXT);
  const done = letter.step === "flush"
    ? await buffer(options, letter, line, edited.idempotencyKey)
    : await record(options, letter, line);
  await options.database.run((sql) => markReplayed(sql, letter)).catch((error) => {
    logger.warn("Replayed, but Postgres could not be told: {error}", { error });
  });
  return { result: done ? "replayed" : "already_replayed" };
}

/** Puts the event back into the buffer; false where somebody else has. */
async function buffer(
  options: ReplayOptions,
  letter: KeptLetter,
  line: string,
  key: string | null,
): Promise<boolean> {
  const { kv, clock, newId } = options;
  const segment = newId();
  const operation = claimed(kv, letter);
  for (const { bytes } of pack([line])) operation.set(segmentKey(segment), bytes);
  operation.delete(letterContextKey(letter.event_id));
  if (key !== null) {
    // Whoever sends the event again is to hear its id once it is a row (contract 2.3).
    const entry = await kv.get<Claim>(idempotencyKey(key));
    const expireIn = (entry.value?.deadline ?? 0) - clock.now();
    if (entry.value?.eventId === letter.event_id && expireIn > 0) {
      const { refused: _, ...claim } = entry.value;
      operation.check(entry).set(entry.key, { ...claim, segment }, { expireIn });
    }
  }
  post(operation, "buffered", 1);
  post(operation, "dead_letters", -1);
  const { ok } = await operation.commit();
  if (ok) options.onBuffered(1);
  return ok;
}

/** Has the event, which is a row already, enriched again. */
async function record(
  { kv, newId, enrichmentKind, onRecords }: ReplayOptions,
  letter: KeptLetter,
  line: string,
): Promise<boolean> {
  const operation = claimed(kv, letter);
  for (const { bytes } of pack([line])) operation.set(outboxKey(enrichmentKind, newId()), bytes);
  const { ok } = await operation.commit();
  if (ok) onRecords();
  return ok;
}

function claimed(kv: Deno.Kv, letter: KeptLetter): Deno.AtomicOperation {
  const key = replayKey(letter.event_id, letter.dead_at.getTime());
  return kv.atomic()
    .check({ key, versionstamp: null })
    .set(key, true, { expireIn: REPLAY_CLAIM_MS });
}
