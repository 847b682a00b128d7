/** Finds out whether statements would succeed, without an effect. */

import type { Database, Sql } from "./database.ts";

/** Whether `work` succeeds, deferred constraints included. Runs it in a transaction that is rolled back. */
export async function succeeds(
  database: Database,
  work: (sql: Sql) => Promise<unknown>,
): Promise<boolean> {
  let succeeded = false;
  const running = database.run((sql) =>
    sql.begin(async (tx) => {
      await work(tx as unknown as Sql);
      await tx`set constraints all immediate`;
      succeeded = true;
      throw new Error("rolled back");
    })
  );
  await running.catch(() => {});
  return succeeded;
}
