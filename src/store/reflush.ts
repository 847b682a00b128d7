/** Queries of `deno task reflush`: which of the events that KV knows are not in Postgres. */

import type { Sql } from "./database.ts";
import { encodeRows } from "./json_rows.ts";

/** An event by its primary key. */
export interface EventReference {
  readonly id: string;
  readonly occurred_at: string;
}

/** Reads the ids of those events that are rows, and whose enrichment is neither there nor rejected. */
export async function readUnenriched(
  sql: Sql,
  events: readonly EventReference[],
): Promise<Set<string>> {
  const json = encodeRows(events.map(({ id, occurred_at }) => [id, occurred_at]));
  const rows = await sql<{ id: string }[]>`
    with input as materialized (
      select (value ->> 0)::uuid as id, (value ->> 1)::timestamptz as occurred_at
      from json_array_elements(${json}::text::json)
    )
    select e.id from input
    join events e using (id, occurred_at)
    left join event_enrichments n on n.event_id = e.id and n.occurred_at = e.occurred_at
    where n.event_id is null and not exists (select from dead_letters d where d.event_id = e.id)
  `;
  return new Set(rows.map(({ id }) => id));
}

/** Reads those of the given event ids that are neither rows nor dead letters. */
export async function readLost(sql: Sql, ids: readonly string[]): Promise<Set<string>> {
  const rows = await sql<{ id: string }[]>`
    with input as materialized (
      select value::uuid as id from json_array_elements_text(${JSON.stringify(ids)}::text::json)
    )
    select id from input
    where not exists (select from dead_letters d where d.event_id = input.id)
      and not exists (select from events e where e.id = input.id) -- any time: it may have been edited
  `;
  return new Set(rows.map(({ id }) => id));
}

/** An idempotency key without a row. */
export interface KeyWithoutRow {
  readonly key: string;
  /** Whether the key itself is stored, so that only its event was deleted. */
  readonly is_stored: boolean;
}

/** Reads those of the given idempotency keys whose event is not a row. */
export async function readKeysWithoutRow(
  sql: Sql,
  keys: readonly string[],
): Promise<KeyWithoutRow[]> {
  return await sql<KeyWithoutRow[]>`
    with input as materialized (
      select value::uuid as key from json_array_elements_text(${JSON.stringify(keys)}::text::json)
    )
    select key::text as key, k.event_id is not null as is_stored from input
    left join idempotency_keys k on k.idempotency_key = key
    left join events e on e.id = k.event_id and e.occurred_at = k.occurred_at
    where e.id is null
  `;
}
