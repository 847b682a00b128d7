/** Reconciliation of a test application. */

import { ENRICHMENT } from "../../src/enrichment/consumer.ts";
import { outboxPrefix } from "../../src/kv/keys.ts";
import type { Kv } from "../../src/kv/port.ts";
import { Baseline } from "../../src/reconciliation/baseline.ts";
import { createReconcile, type Reconciliation } from "../../src/reconciliation/reconcile.ts";
import { countBuffered } from "../../src/kv/counter.ts";
import { countRows } from "../../src/store/count_rows.ts";
import { readKvStore, registerKvStore } from "../../src/store/kv_stores.ts";
import type { Database } from "../../src/store/database.ts";
import type { TestApp } from "./app.ts";
import { assertEquals } from "./assert.ts";
import { newId } from "./ids.ts";
import { keysUnder } from "./kv.ts";
import { until } from "./until.ts";

/** A reconciliation with the baseline of an empty buffer. */
export interface TestReconciliation {
  /**
   * Flushes, waits for enrichment, and asserts that the equations hold, that every accepted event is a
   * row or a replay, that every row is enriched, and that there is no dead letter. Returns the number of
   * accepted events.
   */
  finish(): Promise<number>;
}

/** Records the baseline of an application that is the only one on its KV. */
export async function startReconciliation(
  app: TestApp,
  database: Database,
): Promise<TestReconciliation> {
  const reconcile = createRestingReconcile(app.kv, database);
  await reconcile();
  const before = await countEnriched(database);
  return {
    async finish() {
      await until(async () => {
        await app.app.everyMinute(); // may join a flush that began before the last events
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

/**
 * Creates a reconciliation that checks as a flush does at its end.
 *
 * @param isHeld whether the lease is held until the end
 */
export function createRestingReconcile(
  kv: Kv,
  database: Database,
  isHeld = true,
): () => Promise<Reconciliation> {
  const countAll = () => database.run(countRows);
  const baseline = new Baseline({
    kv,
    newId,
    countRows: countAll,
    register: (store) => database.run((sql) => registerKvStore(sql, store)),
    readStore: (id) => database.run((sql) => readKvStore(sql, id)),
  });
  const reconcile = createReconcile({ kv, countRows: countAll, baseline });
  return () => reconcile({ drained: true, isHeld: () => Promise.resolve(isHeld) });
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
