/** Events that Postgres refuses, kept for a person to look at and replay (contract 7.3). */

import type { Sql } from "./database.ts";

/** An event and why it is no row. */
export interface DeadLetter {
  readonly event_id: string;
  readonly event_type: string;
  readonly reason: string;
  readonly sqlstate: string | null;
  /** The row as JSON text, without the request's context (contract 7.4). */
  readonly payload: string;
}

/** Keeps dead letters; safe to repeat. */
export async function insertDeadLetters(
  sql: Sql,
  letters: readonly DeadLetter[],
): Promise<void> {
  await sql`
    insert into dead_letters (event_id, event_type, reason, sqlstate, payload)
    select event_id, event_type, reason, sqlstate, payload
    from jsonb_to_recordset(${JSON.stringify(letters)}::text::jsonb) as letter (
      event_id uuid, event_type text, reason text, sqlstate text, payload text
    )
    on conflict (event_id) do nothing
  `;
}

/** How many dead letters wait for a person. */
export async function countDeadLetters(sql: Sql): Promise<number> {
  const [row] = await sql<[{ count: number }]>`
    select count(*)::integer as count from dead_letters where replayed_at is null
  `;
  return row.count;
}
