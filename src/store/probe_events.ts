/** Finds out whether Postgres accepts events at all (contract 7.17, 7.22). */

import { encodeRow } from "../events/line.ts";
import type { EventRow } from "../events/types.ts";
import type { Database } from "./database.ts";
import { insertEvents } from "./insert_events.ts";
import { succeeds } from "./succeeds.ts";

/** An event without anything that a rule could reject, if any event is accepted. */
const PLAIN = { event_type: "page_viewed", known_event_type: true, source: "web" } as const;

/**
 * Whether an event like one that was inserted, or like the newest row, or else a plain one, could be
 * inserted at `now` (epoch milliseconds). The insert is rolled back.
 */
export async function canInsertEvents(
  database: Database,
  now: number,
  inserted: EventRow | null,
): Promise<boolean> {
  const examples = [() => inserted, () => readNewest(database), () => PLAIN];
  for (const example of examples) {
    const like = await example();
    if (like === null) continue;
    const at = new Date(now).toISOString();
    const row = encodeRow({
      ...like,
      id: crypto.randomUUID(),
      occurred_at: at,
      received_at: at,
      idempotency_key: crypto.randomUUID(), // so that its table is written too
      content_hash: "",
    });
    if (await succeeds(database, (sql) => insertEvents(sql, [row]))) return true;
  }
  return false;
}

async function readNewest(database: Database): Promise<EventRow | null> {
  const rows = await database.run((sql) =>
    sql<{ row: EventRow }[]>`select to_jsonb(e) as row from events e order by id desc limit 1`
  ).catch(() => []);
  return rows[0]?.row ?? null;
}
