/** Checks, without writing, that a flush could write to Postgres. */

import type { Sql } from "./driver.ts";

/**
 * Returns `null`, or why rows cannot be inserted: a standby, a read-only database, or a missing privilege.
 * The reason names no hosts or users.
 */
export async function checkWritable(sql: Sql): Promise<string | null> {
  const [row] = await sql<[{ read_only: string; denied: string | null }]>`
    select
      current_setting('transaction_read_only') as read_only,
      (
        select string_agg(privilege || ' ' || name, ', ')
        from (values
          ('events', 'insert'), ('idempotency_keys', 'insert'), ('dead_letters', 'insert'),
          ('event_counts', 'insert'), ('event_counts', 'update')
        ) needed (name, privilege)
        where not has_table_privilege(to_regclass(name), privilege)
      ) as denied
  `;
  if (row.read_only === "on") return "read-only: a standby, or default_transaction_read_only is on";
  return row.denied === null ? null : `the role lacks privileges: ${row.denied}`;
}
