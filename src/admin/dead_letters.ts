/** The list of dead letters, and what becomes of those that nobody wants. */

import { getLogger } from "@logtape/logtape";
import { letterContextKey } from "../kv/keys.ts";
import type { Database } from "../store/database.ts";
import { discardDeadLetters, listDeadLetters } from "../store/dead_letters.ts";
import type { EventPlaces } from "./recent_events.ts";
import type { DeadLetterPage, DeadLettersInput } from "./schema.ts";

const logger = getLogger(["sluice", "admin"]);

/** A page of letters. */
export async function readLetterPage(
  database: Pick<Database, "run">,
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

/** Deletes letters for good, and what was put aside for them; how many there were. */
export async function discardLetters(
  { kv, database }: EventPlaces,
  eventIds: readonly string[],
): Promise<number> {
  const count = await database.run((sql) => discardDeadLetters(sql, eventIds));
  for (const eventId of eventIds) await kv.delete(letterContextKey(eventId.toLowerCase()));
  logger.info("Discarded {count} dead letters", { count, eventIds });
  return count;
}
