/** Runs SQL that a person typed, without letting it write. */

import type { Sql } from "./database.ts";

/** Runs one statement in a read-only transaction and returns its rows. */
export async function queryReadOnly(
  sql: Sql,
  statement: string,
): Promise<readonly Record<string, unknown>[]> {
  // A simple query could hold several statements, the first of which could end the transaction.
  const alone = { prepare: true, simple: false };
  return await sql.begin(
    "read only",
    (tx) => tx.unsafe<Record<string, unknown>[]>(statement, [], alone),
  );
}
