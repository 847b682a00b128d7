/** Monthly partitions (contract 7.12). */

import type { Sql } from "./database.ts";

const MONTHS_AHEAD = 3;

/**
 * Creates the partitions for events from 30 days before `now` to three months ahead. Returns how many
 * were missing.
 */
export async function makePartitions(sql: Sql, now: Date): Promise<number> {
  const [row] = await sql<[{ made: number }]>`
    select make_partitions(${now.toISOString()}::timestamptz, ${MONTHS_AHEAD}::integer) as made
  `;
  return row.made;
}
