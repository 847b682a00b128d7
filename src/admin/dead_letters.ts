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
import { idempotencyKey, outboxKey, replayKey, segmentKey } from "../kv/keys.ts";
import { pack } from "../kv/segment.ts";
import type { Database } from "../store/database.ts";
import {
  discardDeadLetters,
  type KeptLetter,
  listDeadLetters,
  markReplayed,
  readDeadLetters,
} from "../store/dead_letters.ts";
import { editedRow } from "./edited_row.ts";
import type { DeadLetterPage, DeadLettersInput, Replayed, ReplayInput } from "./schema.ts";

/** What dead letters are handled with. */
export interface DeadLetterOptions {
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
/** A letter knows nothing of its request (contract 7.4). */
const NO_CONTEXT = JSON.stringify({
  ip: null,
  userAgent: null,
  referrer: null,
  language: null,
  clientHints: null,
  place: null,
});

const logger = getLogger(["sluice", "admin"]);

/** A page of letters. */
export async function readLetterPage(
  { database }: Pick<DeadLetterOptions, "database">,
  { limit, cursor, state }: DeadLettersInput,
): Promise<DeadLetterPage> {
  const [at = "", id = ""] = cursor?.split("~") ?? [];
  const before = cursor === undefined ? null : { at, id };
  const letters = await database.run((sql) =>
    listDeadLetters(sql, { replayed: state === "replayed", before, limit })
  );
  const last = letters.length === limit ? letters.at(-1) : undefined;
  return {
    letters: letters.map((letter) => ({
      eventId: letter.event_id,
      eventType: letter.event_type,
      step: letter.step,
      reason: letter.reason,
      sqlstate: letter.sqlstate,
      payload: letter.payload,
      deadAt: letter.dead_at.toISOString(),
      replayedAt: letter.replayed_at?.toISOString() ?? null,
    })),
    nextCursor: last === undefined ? null : `${last.cursor_at}~${last.event_id}`,
  };
}

/** Replays letters, each as it was refused or as it was edited. Safe to repeat. */
export async function replayLetters(
  options: DeadLetterOptions,
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
  options: DeadLetterOptions,
  letter: KeptLetter,
  payload: string | undefined,
): Promise<{ result: Result["result"]; message?: string }> {
  if (letter.replayed_at !== null) return { result: "already_replayed" };
  const edited = editedRow(letter, payload);
  if (!edited.ok) return { result: "invalid", message: edited.reason };
  const line = joinLine(edited.json, NO_CONTEXT);
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
  options: DeadLetterOptions,
  letter: KeptLetter,
  line: string,
  key: string | null,
): Promise<boolean> {
  const { kv, clock, newId } = options;
  const segment = newId();
  const operation = claimed(kv, letter);
  for (const { bytes } of pack([line])) operation.set(segmentKey(segment), bytes);
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
  { kv, newId, enrichmentKind, onRecords }: DeadLetterOptions,
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

/** Deletes letters for good; how many there were. */
export async function discardLetters(
  { database }: Pick<DeadLetterOptions, "database">,
  eventIds: readonly string[],
): Promise<number> {
  const count = await database.run((sql) => discardDeadLetters(sql, eventIds));
  logger.info("Discarded {count} dead letters", { count, eventIds });
  return count;
}
