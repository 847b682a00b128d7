/**
 * Inserts events, each at most once: by its id, and by its idempotency key for as long as the key is
 * stored (contract 5.4).
 */

import { COLUMNS } from "../events/line.ts";
import type { EventRow } from "../events/types.ts";
import type { Sql } from "./database.ts";
import { DURABLE_COMMIT } from "./durable_commit.ts";
import { fromLines, selectColumns } from "./json_rows.ts";
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
  user_role: "text",
  props: "jsonb",
  attribution: "jsonb",
  idempotency_key: "uuid",
  content_hash: "text",
};

const AT_REST = Object.fromEntries(COLUMNS.map((name) => [name, TYPES[name]]));

/** The columns of the table: the hash is kept with the key. */
const EVENTS = COLUMNS.filter((name) => name !== "content_hash").join(", ");

// Measured on batches of 2,000 rows. Keys in the order of their index: 10 to 12 % less CPU for the whole
// statement. Lost: to look keys up beforehand (`not exists`) instead of `on conflict` (9 to 12 % more), a
// hash as uuid instead of text (as much CPU, 24 of 900 bytes of WAL), columns read from JSON where they
// are used instead of once (9 % more with keys), counts taken from the input (no difference), text columns
// with collation "C" (0 to 7 % less), a statement without keys for batches without them (4 % less). Keys
// without `on conflict` take 8 % less, too, but then everyone could make batches fail by replaying one.
function insertion(onStored: "" | "on conflict do nothing"): string {
  return `
with input as materialized (
  select ${selectColumns(AT_REST)} from ${fromLines("$1")}
), claimed as (
  insert into idempotency_keys (idempotency_key, event_id, occurred_at, content_hash)
  select idempotency_key, id, occurred_at, content_hash from input
  where idempotency_key is not null
  order by idempotency_key, id
  on conflict (idempotency_key) do nothing
  returning event_id
), stored as (
  insert into events (${EVENTS})
  select ${EVENTS} from input
  where idempotency_key is null or id in (select event_id from claimed)
  ${onStored}
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
}

const insertNew = insertion("");
const insertMissing = insertion("on conflict do nothing");

/** The result of an insert. */
export interface Inserted {
  /** The number of new rows. */
  readonly stored: number;
  /** Ids of events whose idempotency key existed: the same events, or others with their keys. */
  readonly unclaimed: readonly string[];
}

/**
 * Inserts rows, each encoded by `encodeRow`, in one statement. Those that exist are left alone, so that
 * repeating an insert changes nothing.
 */
export async function insertEvents(sql: Sql, rowsJson: readonly string[]): Promise<Inserted> {
  return await insert(sql, insertMissing, rowsJson);
}

/**
 * Inserts rows, all or none, for 15 % less CPU and 6 % less WAL: `on conflict` checks, inserts and
 * confirms each row. Stored idempotency keys are no error, so no caller can make this fail.
 *
 * @throws an error for which `isUniqueViolation` holds if a row exists
 */
export async function insertNewEvents(sql: Sql, rowsJson: readonly string[]): Promise<Inserted> {
  return await insert(sql, insertNew, rowsJson);
}

async function insert(sql: Sql, statement: string, rowsJson: readonly string[]): Promise<Inserted> {
  const [result] = await sql.unsafe<[{ stored: number; unclaimed: string[] }]>(
    statement,
    [rowsJson.join("\n")],
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
