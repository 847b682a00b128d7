/** Events that Postgres rejected, kept for a person to inspect and replay (contract 7.3). */

import type { Sql } from "./database.ts";
import { DURABLE_COMMIT } from "./durable_commit.ts";

/** The step at which Postgres rejected the event; at `enrichment`, the event itself is a row. */
export type DeadLetterStep = "flush" | "enrichment";

/** A rejected event and the reason. */
export interface DeadLetter {
  readonly event_id: string;
  /** `null` where the event cannot be read. */
  readonly event_type: string | null;
  readonly step: DeadLetterStep;
  readonly reason: string;
  readonly sqlstate: string | null;
  /** The row as JSON text, without the request context (contract 7.4). */
  readonly payload: string;
}

/**
 * Inserts dead letters; safe to repeat. One that exists, perhaps as replayed, becomes pending again
 * with a new `dead_at`, by which `markReplayed` recognizes the later rejection.
 */
export async function insertDeadLetters(
  sql: Sql,
  deadLetters: readonly DeadLetter[],
): Promise<void> {
  // After a replay an event may be in the buffer twice; it is one dead letter.
  const byId = new Map(deadLetters.map((deadLetter) => [deadLetter.event_id, deadLetter]));
  await sql`
    insert into dead_letters (event_id, event_type, step, reason, sqlstate, payload, dead_at)
    select event_id, event_type, step, reason, sqlstate, payload, clock_timestamp()
    from jsonb_to_recordset(${JSON.stringify([...byId.values()])}::text::jsonb) as rejected (
      event_id uuid, event_type text, step text, reason text, sqlstate text, payload text
    )
    on conflict (event_id) do update set
      step = excluded.step, reason = excluded.reason, sqlstate = excluded.sqlstate,
      payload = excluded.payload, dead_at = excluded.dead_at, replayed_at = null
    returning ${sql.unsafe(DURABLE_COMMIT)}
  `;
}

/** Counts the dead letters that were not replayed. */
export async function countDeadLetters(sql: Sql): Promise<number> {
  const [row] = await sql<[{ count: number }]>`
    select count(*)::integer as count from dead_letters where replayed_at is null
  `;
  return row.count;
}

/** A stored dead letter. */
export interface StoredDeadLetter extends DeadLetter {
  /** Invalid where it is no time of a `Date`, such as `infinity`. */
  readonly dead_at: Date;
  /** Epoch milliseconds, of any time: identifies the rejection. */
  readonly dead_ms: number;
  readonly replayed_at: Date | null;
  /** Whether the event is a row: only its enrichment was rejected, or it was stored since. */
  readonly is_row: boolean;
}

/** The position after a dead letter. */
export interface DeadLetterCursor {
  /** Epoch microseconds, as text; also `Infinity` and `-Infinity`. */
  readonly at: string;
  readonly id: string;
}

/** Filters of `listDeadLetters`. */
export interface DeadLetterSelection {
  readonly replayed: boolean;
  readonly before: DeadLetterCursor | null;
  readonly limit: number;
}

/** Lists dead letters, the latest first, each with the cursor that continues after it. */
export async function listDeadLetters(
  sql: Sql,
  { replayed, before, limit }: DeadLetterSelection,
): Promise<(StoredDeadLetter & { readonly cursor_at: string })[]> {
  const at = sql`round(extract(epoch from dead_at) * 1000000)`;
  return await sql<(StoredDeadLetter & { cursor_at: string })[]>`
    select
      event_id, event_type, step, reason, sqlstate, payload, dead_at, replayed_at, ${deadMs(sql)},
      ${isRow(sql)}, ${at}::text as cursor_at
    from dead_letters
    where ${replayed ? sql`replayed_at is not null` : sql`replayed_at is null`}
      ${
    before === null
      ? sql``
      : sql`and (${at}, event_id) < (${before.at}::text::numeric, ${before.id}::uuid)`
  }
    order by dead_at desc, event_id desc
    limit ${limit}::integer
  `;
}

/** Reads dead letters by the ids of their events. */
export async function readDeadLetters(
  sql: Sql,
  ids: readonly string[],
): Promise<StoredDeadLetter[]> {
  return await sql<StoredDeadLetter[]>`
    select
      event_id, event_type, step, reason, sqlstate, payload, dead_at, replayed_at, ${deadMs(sql)},
      ${isRow(sql)}
    from dead_letters where event_id = any(${toUuidArray(sql, ids)})
  `;
}

/** Marks a dead letter as replayed, unless it was rejected again since it was read. */
export async function markReplayed(sql: Sql, deadLetter: StoredDeadLetter): Promise<void> {
  await sql`
    update dead_letters set replayed_at = clock_timestamp()
    where event_id = ${deadLetter.event_id}::uuid and replayed_at is null
      and floor(extract(epoch from dead_at) * 1000)::float8 = ${deadLetter.dead_ms}::float8
  `;
}

/** Deletes dead letters; returns how many existed. */
export async function discardDeadLetters(sql: Sql, ids: readonly string[]): Promise<number> {
  const { count } = await sql`
    delete from dead_letters where event_id = any(${toUuidArray(sql, ids)})
  `;
  return count;
}

function toUuidArray(sql: Sql, ids: readonly string[]) {
  return sql`array(select json_array_elements_text(${JSON.stringify(ids)}::text::json)::uuid)`;
}

function deadMs(sql: Sql) {
  return sql`floor(extract(epoch from dead_at) * 1000)::float8 as dead_ms`;
}

function isRow(sql: Sql) {
  return sql`exists (select from events where id = dead_letters.event_id) as is_row`;
}
