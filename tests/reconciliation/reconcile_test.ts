import { assertEquals } from "../support/assert.ts";
import { openTestApp, type TestApp } from "../support/app.ts";
import { captureLogs } from "../support/logs.ts";
import { openTestPostgres } from "../support/postgres.ts";
import { forceFlush } from "../support/server.ts";
import { createReconcile, type Differences } from "../../src/reconciliation/reconcile.ts";
import { Ledger } from "../../src/reconciliation/ledger.ts";
import { addToCounter, readBalance } from "../../src/kv/counter.ts";
import { RECONCILIATION_BASELINE } from "../../src/kv/keys.ts";
import { countRows } from "../../src/store/count_rows.ts";

const postgres = await openTestPostgres();
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

const BALANCED: Differences = { received: 0, accepted: 0, rows: 0 };

function reconciliationOf({ kv }: TestApp) {
  return createReconcile({
    kv,
    countRows: () => postgres.database.run(countRows),
    isFlushing: () => Promise.resolve(false),
  });
}

/** Sends an event and discards the response. */
async function send(app: TestApp, event: unknown): Promise<void> {
  await (await app.post("/v1/events", event)).body?.cancel();
}

Deno.test("11.1 11.2 the equations hold after every outcome an event can have", async () => {
  await using app = await openTestApp(postgres.database);
  const reconcile = reconciliationOf(app);
  await reconcile(); // records the baseline
  const key = crypto.randomUUID();
  const at = new Date().toISOString();
  for (let n = 0; n < 20; n++) await send(app, { eventType: `reconciliation ${n}` });
  for (let n = 0; n < 3; n++) {
    await send(app, { eventType: "reconciliation", props: { occurred_at: at } });
  }
  for (let n = 0; n < 3; n++) await send(app, { eventType: "reconciliation", idempotencyKey: key });
  await send(app, { eventType: "reconciliation other", idempotencyKey: key });
  await send(app, { eventType: "" });
  await send(app, { eventType: "post_viewed" });
  const early = await reconcile();
  assertEquals([early.balance.buffered, early.differences.accepted], [22, 0]);
  assertEquals(early.differences.rows, null, "compared only when nothing is under way");
  await forceFlush(app);
  // KV forgets the key, Postgres does not: found at the flush.
  await app.kv.delete(["idempotency", key]);
  await send(app, { eventType: "reconciliation", idempotencyKey: key });
  await forceFlush(app);
  await app.app.everyMinute(); // writes the ledger
  const { balance, differences } = await reconcile();
  assertEquals(differences, BALANCED);
  assertEquals(balance, {
    received: 30,
    not_accepted: 7,
    accepted: 23,
    duplicates: 4,
    rejected: 3,
    buffered: 0,
    stored: 22,
    replays: 1,
    dead_letters: 0,
    set_aside: 0,
  });
});

Deno.test("11.2 11.3 rows missing from Postgres and events lost by KV are noticed and logged", async () => {
  await using app = await openTestApp(postgres.database);
  const reconcile = reconciliationOf(app);
  await reconcile();
  for (let n = 0; n < 5; n++) await send(app, { eventType: `lost ${n}` });
  await forceFlush(app);
  await app.app.everyMinute();
  assertEquals((await reconcile()).differences, BALANCED);
  await using logs = await captureLogs();
  await postgres.database.run((sql) =>
    sql`update event_counts set events = events - 1 where event_type = 'lost 0'`
  );
  assertEquals((await reconcile()).differences, { ...BALANCED, rows: 1 });
  const operation = app.kv.atomic();
  addToCounter(operation, "buffered", 2);
  addToCounter(operation, "buffered", -3);
  await operation.commit();
  assertEquals((await reconcile()).differences.accepted, 1);
  assertEquals(logs.records.some(({ level }) => level === "error"), true);
  await postgres.database.run((sql) =>
    sql`update event_counts set events = events + 1 where event_type = 'lost 0'`
  );
});

Deno.test("the baseline is recorded once nothing is buffered, and leaves out rows of before", async () => {
  await using app = await openTestApp(postgres.database);
  for (let n = 0; n < 7; n++) await send(app, { eventType: `before ${n}` });
  const reconcile = reconciliationOf(app);
  const early = await reconcile();
  assertEquals(early.differences, { received: 0, accepted: 0, rows: null });
  assertEquals((await app.kv.get(RECONCILIATION_BASELINE)).value, null);
  await forceFlush(app);
  assertEquals((await reconcile()).differences.rows, null, "this call records the baseline");
  const rows = await postgres.database.run(countRows) - 7;
  assertEquals((await app.kv.get(RECONCILIATION_BASELINE)).value, { rows });
  assertEquals((await reconcile()).differences, BALANCED);
  await send(app, { eventType: "after" });
  await forceFlush(app);
  assertEquals((await reconcile()).differences, BALANCED);
  assertEquals((await readBalance(app.kv)).accepted, 8);
});

Deno.test("11.2 an event that is lost before there is a baseline is noticed, too", async () => {
  await using app = await openTestApp(postgres.database);
  await send(app, { eventType: "lost" });
  const operation = app.kv.atomic();
  addToCounter(operation, "buffered", -1);
  await operation.commit();
  assertEquals((await reconciliationOf(app)()).differences.accepted, 1);
});

Deno.test("while Postgres is unavailable, the other two equations are still checked", async () => {
  await using app = await openTestApp(postgres.database);
  const reconcile = createReconcile({
    kv: app.kv,
    countRows: () => Promise.reject(new Error("away")),
    isFlushing: () => Promise.resolve(false),
  });
  await reconciliationOf(app)();
  const ledger = new Ledger({ kv: app.kv, clock: { after: () => () => {} } });
  ledger.add("invalid");
  await ledger.write();
  assertEquals((await reconcile()).differences, { received: 0, accepted: 0, rows: null });
});
