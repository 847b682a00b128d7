/** Lists and discards dead letters. */

import { getLogger } from "@logtape/logtape";
import { deadLetterContextKey } from "../kv/keys.ts";
import type { Database } from "../store/database.ts";
import { discardDeadLetters, listDeadLetters } from "../store/dead_letters.ts";
import { toIsoTime } from "./iso_time.ts";
import type { EventStores } from "./recent_events.ts";
import type { DeadLetterPage, DeadLettersInput } from "./schema/dead_letters.ts";

const logger = getLogger(["sluice", "admin"]);

/** Reads a page of dead letters, last rejected first. */
export async function readDeadLetterPage(
  database: Pick<Database, "run">,
  { limit, cursor, state }: DeadLettersInput,
): Promise<DeadLetterPage> {
  const [at = "", id = ""] = cursor?.split("~") ?? [];
  const before = cursor === undefined ? null : { at, id };
  const deadLetters = await database.run((sql) =>
    listDeadLetters(sql, { replayed: state === "replayed", before, limit })
  );
  const last = deadLetters.length === limit ? deadLetters.at(-1) : undefined;
  return {
    deadLetters: deadLetters.map((deadLetter) => ({
      eventId: deadLetter.event_id,
      eventType: deadLetter.event_type,
      step: deadLetter.step,
      reason: deadLetter.reason,
      sqlstate: deadLetter.sqlstate,
      payload: deadLetter.payload,
      deadAt: toIsoTime(deadLetter.dead_at),
      replayedAt: toIsoTime(deadLetter.replayed_at),
    })),
    nextCursor: last === undefined ? null : `${last.cursor_at}~${last.event_id}`,
  };
}

/** Deletes dead letters and their request contexts permanently. @returns how many existed */
export async function discardAll(
  { kv, database }: EventStores,
  eventIds: readonly string[],
): Promise<number> {
  const count = await database.run((sql) => discardDeadLetters(sql, eventIds));
  for (const eventId of eventIds) await kv.delete(deadLetterContextKey(eventId.toLowerCase()));
  logger.info("Discarded {count} dead letters", { count, eventIds });
  return count;
}
