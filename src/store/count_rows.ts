/** How many rows there are, by the counts that are kept with them. */

import type { Sql } from "./database.ts";

/** Rows ever inserted into `events`. */
export async function countRows(sql: Sql): Promise<number> {
  const [row] = await sql<[{ rows: number }]>`
    select coalesce(sum(events), 0)::float8 as rows from event_counts
  `;
  return row.rows;
}
