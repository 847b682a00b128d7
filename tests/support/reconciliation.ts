/** The reconciliation of an application, and what has to be true of them after anything. */

import { ENRICHMENT } from "../../src/enrichment/consumer.ts";
import { outboxPrefix } from "../../src/kv/keys.ts";
import { createReconcile, type Reconciliation } from "../../src/reconciliation/reconcile.ts";
import { countBuffered } from "../../src/kv/counter.ts";
import { countRows } from "../../src/store/count_rows.ts";
import type { Database } from "../../src/store/database.ts";
import type { TestApp } from "./app.ts";
import { assertEquals } from "./assert.ts";
import { keysUnder } from "./kv.ts";
import { until } from "./until.ts";

/** Reconciliation that were opened before anything came in. */
export interface TestReconciliation {
  /**
   * Flushes, waits for enrichment, and sees to it that what came in is what became of it: every accepted
   * event a row, every row enriched, no dead letter. How many events were accepted.
   */
  close(): Promise<number>;
}

/** Opens the reconciliation of an application that nobody else's events are flushed by. */
export async function openReconciliation(
  app: TestApp,
  database: Database,
): Promise<TestReconciliation> {
  const reconcile = createReconcile({
    kv: app.kv,
    countRows: () => database.run(countRows),
    isFlushing: () => Promise.resolve(false),
  });
  await reconcile();
  const before = await countEnriched(database);
  return {
    async close() {
      await until(async () => {
        await app.app.everyMinute(); // may join a flush that began before the last events came
        return await countBuffered(app.kv) === 0;
      }, "an empty buffer");
      const { balance, differences }: Reconciliation = await reconcile();
      assertEquals(differences, { received: 0, accepted: 0, rows: 0 });
      assertEquals(await readDeadLetters(database), []);
      assertEquals(balance.stored + balance.replays, balance.accepted);
      if (app.config.enableEnrichment) await enrichmentEnded(app);
      const enriched = app.config.enableEnrichment ? balance.stored : 0;
      assertEquals(await countEnriched(database) - before, enriched, "enriched");
      return balance.accepted;
    },
  };
}

async function enrichmentEnded({ kv }: TestApp): Promise<void> {
  await until(
    async () => (await keysUnder(kv, ...outboxPrefix(ENRICHMENT))).length === 0,
    "enrichment",
    60_000,
  );
}

async function readDeadLetters(database: Database): Promise<unknown[]> {
  return [...await database.run((sql) => sql`select reason, payload from dead_letters limit 5`)];
}

async function countEnriched(database: Database): Promise<number> {
  const [row] = await database.run((sql) =>
    sql<[{ rows: number }]>`select count(*)::integer as rows from event_enrichments`
  );
  return row.rows;
}
