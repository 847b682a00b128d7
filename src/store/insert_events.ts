/**
 * Inserts events, each at most once: by its id, and by its idempotency key for as long as the key is
 * stored (contract 5.4). Repeating an insert changes nothing.
 */

import { COLUMNS } from "../events/line.ts";
import type { EventRow } from "../events/types.ts";
import type { Sql } from "./database.ts";
import { DURABLE_COMMIT } from "./durable_commit.ts";
import { fromRows, selectColumns } from "./json_rows.ts";
import { saturatingSum } from "./saturating_sum.ts";

const TYPES: Readonly<Record<keyof EventRow, string>> = {
  id: "uuid",
  occurred_at: "timestamptz",
  received_at: "timestamptz",
  event_type: "text",
  known_event_type: "boolean",
  source: "text",
  entity_type: "text",
  entity_id: "text",
  session_id: "uuid",
  actor_id: "text",
  actor_type: "text",
  user_id: "text",
  creator_id: "text",
  brand_id: "text",
  props: "jsonb",
  attribution: "jsonb",
  idempotency_key: "uuid",
  content_hash: "text",
};

const AT_REST = Object.fromEntries(COLUMNS.map((name) => [name, TYPES[name]]));

/** The columns of the table: the hash is kept with the key. */
const EVENTS = COLUMNS.filter((name) => name !== "content_hash").join(", ");

const statement = `
with input as materialized (
  select ${selectColumns(AT_REST)} from ${fromRows("$1")}
), claimed as (
  insert into idempotency_keys (idempotency_key, event_id, occurred_at, content_hash)
  select idempotency_key, id, occurred_at, content_hash from input
  where idempotency_key is not null
  on conflict (idempotency_key) do nothing
  returning event_id
), stored as (
  insert into events (${EVENTS})
  select ${EVENTS} from input
  where idempotency_key is null or id in (select event_id from claimed)
  on conflict do nothing
  returning occurred_at, event_type, source
), counted as (
  insert into event_counts as counts (minute, event_type, source, events)
  select date_trunc('minute', occurred_at), event_type, source, count(*)
  from stored group by 1, 2, 3 order by 1, 2, 3
  on conflict (minute, event_type, source) do update set events = ${
  saturatingSum("counts.events", "excluded.events", "bigint")
}
)
select
  (select count(*) from stored)::integer as stored,
  to_json(array(
    select id from input
    where idempotency_key is not null and id not in (select event_id from claimed)
  )) as unclaimed,
  ${DURABLE_COMMIT} as synchronous_commit
`;

/** The result of `insertEvents`. */
export interface Inserted {
  /** The number of new rows. */
  readonly stored: number;
  /** Ids of events whose idempotency key existed: the same events, or others with their keys. */
  readonly unclaimed: readonly string[];
}

/** Inserts rows, each encoded by `encodeRow`, in one statement. */
export async function insertEvents(sql: Sql, rowsJson: readonly string[]): Promise<Inserted> {
  const [result] = await sql.unsafe<[{ stored: number; unclaimed: string[] }]>(
    statement,
    [`[${rowsJson.join(",")}]`],
    { prepare: true },
  );
  return result;
}

/** A stored idempotency key. */
export interface StoredKey {
  readonly idempotency_key: string;
  readonly event_id: string;
  readonly content_hash: string;
}

/** Reads those of the given idempotency keys that are stored. */
export async function readKeys(sql: Sql, keys: readonly string[]): Promise<StoredKey[]> {
  return await sql<StoredKey[]>`
    select idempotency_key, event_id, content_hash from idempotency_keys
    where idempotency_key = any(array(
      select json_array_elements_text(${JSON.stringify(keys)}::text::json)::uuid
    ))
  `;
}
