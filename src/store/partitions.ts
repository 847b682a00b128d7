/** Partitions of the tables that are split by month. */

import type { Sql } from "./database.ts";

const MONTHS_AHEAD = 3;

/** Makes the partitions that rows will need from `now` on; how many were missing. */
export async function makePartitions(sql: Sql, now: Date): Promise<number> {
  const [row] = await sql<[{ made: number }]>`
    select make_partitions(${now.toISOString()}::timestamptz, ${MONTHS_AHEAD}::integer) as made
  `;
  return row.made;
}
