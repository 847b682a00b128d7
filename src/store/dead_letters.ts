/** Events that Postgres refuses, kept for a person to look at and replay (contract 7.3). */

import type { Sql } from "./database.ts";

/** Where an event was refused: one that only its enrichment was refused for is a row already. */
export type DeadLetterStep = "flush" | "enrichment";

/** An event and why it is no row. */
export interface DeadLetter {
  readonly event_id: string;
  readonly event_type: string;
  readonly step: DeadLetterStep;
  readonly reason: string;
  readonly sqlstate: string | null;
  /** The row as JSON text, without the request's context (contract 7.4). */
  readonly payload: string;
}

/**
 * Keeps dead letters; safe to repeat. One that was there, and replayed perhaps, waits again, since
 * now: by that time a replay tells this refusal from the one before.
 */
export async function insertDeadLetters(
  sql: Sql,
  deadLetters: readonly DeadLetter[],
): Promise<void> {
  // An event that is in the buffer twice, after a replay, is one dead letter.
  const byId = new Map(deadLetters.map((deadLetter) => [deadLetter.event_id, deadLetter]));
  await sql`
    insert into dead_letters (event_id, event_type, step, reason, sqlstate, payload, dead_at)
    select event_id, event_type, step, reason, sqlstate, payload, clock_timestamp()
    from jsonb_to_recordset(${JSON.stringify([...byId.values()])}::text::jsonb) as refused (
      event_id uuid, event_type text, step text, reason text, sqlstate text, payload text
    )
    on conflict (event_id) do update set
      step = excluded.step, reason = excluded.reason, sqlstate = excluded.sqlstate,
      payload = excluded.payload, dead_at = excluded.dead_at, replayed_at = null
  `;
}

/** How many dead letters wait for a person. */
export async function countDeadLetters(sql: Sql): Promise<number> {
  const [row] = await sql<[{ count: number }]>`
    select count(*)::integer as count from dead_letters where replayed_at is null
  `;
  return row.count;
}

/** A dead letter as it is kept. */
export interface KeptDeadLetter extends Omit<DeadLetter, "event_type"> {
  readonly event_type: string | null;
  readonly dead_at: Date;
  readonly replayed_at: Date | null;
  /** Whether the event is a row, by its enrichment's refusal or in spite of its own. */
  readonly is_row: boolean;
}

/** Where a page of dead letters ended. */
export interface DeadLetterCursor {
  /** Epoch microseconds, as text. */
  readonly at: string;
  readonly id: string;
}

/** Which dead letters to list. */
export interface DeadLetterSelection {
  readonly replayed: boolean;
  readonly before: DeadLetterCursor | null;
  readonly limit: number;
}

/** Lists dead letters, the last refused first, each with the cursor behind it. */
export async function listDeadLetters(
  sql: Sql,
  { replayed, before, limit }: DeadLetterSelection,
): Promise<(KeptDeadLetter & { readonly cursor_at: string })[]> {
  const at = sql`(extract(epoch from dead_at) * 1000000)::bigint`;
  return await sql<(KeptDeadLetter & { cursor_at: string })[]>`
    select
      event_id, event_type, step, reason, sqlstate, payload, dead_at, replayed_at, ${isRow(sql)},
      ${at}::text as cursor_at
    from dead_letters
    where ${replayed ? sql`replayed_at is not null` : sql`replayed_at is null`}
      ${
    before === null
      ? sql``
      : sql`and (${at}, event_id) < (${before.at}::text::bigint, ${before.id}::uuid)`
  }
    order by dead_at desc, event_id desc
    limit ${limit}::integer
  `;
}

/** Reads dead letters by the ids of their events. */
export async function readDeadLetters(sql: Sql, ids: readonly string[]): Promise<KeptDeadLetter[]> {
  return await sql<KeptDeadLetter[]>`
    select
      event_id, event_type, step, reason, sqlstate, payload, dead_at, replayed_at, ${isRow(sql)}
    from dead_letters where event_id = any(${uuids(sql, ids)})
  `;
}

/** Notes that a dead letter was replayed, unless it has been refused again meanwhile. */
export async function markReplayed(sql: Sql, deadLetter: KeptDeadLetter): Promise<void> {
  await sql`
    update dead_letters set replayed_at = clock_timestamp()
    where event_id = ${deadLetter.event_id}::uuid and replayed_at is null
      and date_trunc('milliseconds', dead_at) = ${deadLetter.dead_at.toISOString()}::timestamptz
  `;
}

/** Deletes dead letters; how many there were. */
export async function discardDeadLetters(sql: Sql, ids: readonly string[]): Promise<number> {
  const { count } = await sql`
    delete from dead_letters where event_id = any(${uuids(sql, ids)})
  `;
  return count;
}

function uuids(sql: Sql, ids: readonly string[]) {
  return sql`array(select json_array_elements_text(${JSON.stringify(ids)}::text::json)::uuid)`;
}

function isRow(sql: Sql) {
  return sql`exists (select from events where id = dead_letters.event_id) as is_row`;
}
