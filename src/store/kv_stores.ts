/** The KV stores that have written to this database (contract 11.10). */

import type { Sql } from "./database.ts";

/** A store that is registered. */
export interface KvStore {
  /** Rows that its counters do not include. */
  readonly rowsBefore: number;
  /** Whether it was empty when it was first used, although there were rows, which has not been acknowledged. */
  readonly isSuspect: boolean;
}

/**
 * Registers a store, unless it is known.
 *
 * @param isFresh whether none of its events has ever become a row
 */
export async function registerKvStore(
  sql: Sql,
  { id, rows, isFresh }: { id: string; rows: number; isFresh: boolean },
): Promise<void> {
  await sql`
    insert into kv_stores (id, rows_before, acknowledged_at)
    select
      ${id}::uuid,
      ${rows}::float8::bigint,
      case
        when ${isFresh}::boolean and (${rows}::float8 > 0 or exists (select from kv_stores)) then null
        else now()
      end
    on conflict (id) do nothing
  `;
}

/** Reads a store, `null` if it is not registered. */
export async function readKvStore(sql: Sql, id: string): Promise<KvStore | null> {
  const [row] = await sql<KvStore[]>`
    select rows_before::float8 as "rowsBefore", acknowledged_at is null as "isSuspect"
    from kv_stores where id = ${id}::uuid
  `;
  return row ?? null;
}
