/** Runs what somebody typed, and lets it write nothing. */

import type { Sql } from "./database.ts";

/** Runs one statement in a read-only transaction; its rows. */
export async function readOnly(
  sql: Sql,
  statement: string,
): Promise<readonly Record<string, unknown>[]> {
  // Not as a simple query: that may hold several statements, the first of which ends the transaction.
  const alone = { prepare: true, simple: false };
  return await sql.begin(
    "read only",
    (tx) => tx.unsafe<Record<string, unknown>[]>(statement, [], alone),
  );
}
