import { assertEquals } from "../support/assert.ts";
import { openTestApp, type TestApp } from "../support/app.ts";
import { captureLogs } from "../support/logs.ts";
import { openTestPostgres } from "../support/postgres.ts";
import { forceFlush } from "../support/server.ts";
import { createReconcile, type Differences } from "../../src/reconciliation/reconcile.ts";
import { Ledger } from "../../src/reconciliation/ledger.ts";
import { addToCounter, readBalance } from "../../src/kv/counter.ts";
import { RECONCILIATION } from "../../src/kv/keys.ts";
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

/** Sends an event, and lets the answer go. */
async function send(app: TestApp, event: unknown): Promise<void> {
  await (await app.post("/v1/events", event)).body?.cancel();
}

Deno.test("11.1 11.2 the reconciliation balance after everything that may become of an event", async () => {
  await using app = await openTestApp(postgres.database);
  const reconcile = reconciliationOf(app);
  await reconcile(); // opens them
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
  assertEquals(early.differences.rows, null, "told when nothing is under way");
  await forceFlush(app);
  // KV forgets the key, Postgres does not: found at the flush.
  await app.kv.delete(["idempotency", key]);
  await send(app, { eventType: "reconciliation", idempotencyKey: key });
  await forceFlush(app);
  await app.app.everyMinute(); // reconciliation what was turned away
  const { balance, differences } = await reconcile();
  assertEquals(differences, BALANCED);
  assertEquals(balance, {
    received: 30,
    turned_away: 7,
    accepted: 23,
    duplicates: 4,
    rejected: 3,
    buffered: 0,
    stored: 22,
    replays: 1,
    dead_letters: 0,
  });
});

Deno.test("11.2 11.3 rows that are missing in Postgres, and events that KV lost, are noticed and logged", async () => {
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

Deno.test("reconciliation that are opened late count what was there before as balanced", async () => {
  await using app = await openTestApp(postgres.database);
  for (let n = 0; n < 7; n++) await send(app, { eventType: `before ${n}` });
  // As a version without reconciliation left it.
  await app.kv.delete(["counter", "accepted"]);
  const reconcile = reconciliationOf(app);
  await reconcile();
  assertEquals((await app.kv.get(RECONCILIATION)).value, null, "not while anything is buffered");
  await forceFlush(app);
  await reconcile();
  assertEquals((await reconcile()).differences, BALANCED);
  await send(app, { eventType: "after" });
  await forceFlush(app);
  assertEquals((await reconcile()).differences, BALANCED);
  assertEquals((await readBalance(app.kv)).accepted, 8);
});

Deno.test("a Postgres that is away leaves the rest of the reconciliation to be told", async () => {
  await using app = await openTestApp(postgres.database);
  const reconcile = createReconcile({
    kv: app.kv,
    countRows: () => Promise.reject(new Error("away")),
    isFlushing: () => Promise.resolve(false),
  });
  await reconciliationOf(app)();
  const ledger = new Ledger({ kv: app.kv, clock: { after: () => () => {} } });
  ledger.note("invalid");
  await ledger.write();
  assertEquals((await reconcile()).differences, { received: 0, accepted: 0, rows: null });
});
