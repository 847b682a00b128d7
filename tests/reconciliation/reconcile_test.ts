import { assertEquals, assertGreater } from "../support/assert.ts";
import { openTestApp, type TestApp } from "../support/app.ts";
import { captureLogs } from "../support/logs.ts";
import { openTestPostgres } from "../support/postgres.ts";
import { noFaults } from "../support/faulty_kv.ts";
import { forgetKeys } from "../support/kv.ts";
import { until } from "../support/until.ts";
import { forceFlush, withFaults } from "../support/server.ts";
import { createReconcile, type Differences } from "../../src/reconciliation/reconcile.ts";
import { createRestingReconcile } from "../support/reconciliation.ts";
import { Ledger } from "../../src/reconciliation/ledger.ts";
import { addToCounters } from "../../src/kv/counter.ts";
import { RECONCILIATION_BASELINE } from "../../src/kv/keys.ts";
import { countRows } from "../../src/store/count_rows.ts";

const postgres = await openTestPostgres();
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

const BALANCED: Differences = { received: 0, accepted: 0, rows: 0 };

function reconciliationOf({ kv }: TestApp, isHeld = true) {
  return createRestingReconcile(kv, postgres.database, isHeld);
}

/** Adds to the count of rows of an event type. */
async function addToCounts(type: string, rows: number): Promise<void> {
  await postgres.database.run((sql) =>
    sql`update event_counts set events = events + ${rows}::int where event_type = ${type}`
  );
}

/** Reads a difference from `/metrics`. */
async function differenceOf(app: TestApp, equation: string): Promise<number | undefined> {
  const text = await (await app.get("/metrics")).text();
  const sample = new RegExp(`^sluice_reconciliation_difference{equation="${equation}"} (.*)$`, "m");
  const [, value] = sample.exec(text) ?? [];
  return value === undefined ? undefined : Number(value);
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
  assertEquals(early.differences, BALANCED, "while events are buffered, too");
  await forceFlush(app);
  // KV forgets the key, Postgres does not: found at the flush.
  await forgetKeys(app.kv);
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
  addToCounters(operation, { buffered: 2 });
  addToCounters(operation, { buffered: -3 });
  await operation.commit();
  assertEquals((await reconcile()).differences.accepted, 1);
  assertEquals(logs.records.some(({ level }) => level === "error"), true);
  await postgres.database.run((sql) =>
    sql`update event_counts set events = events + 1 where event_type = 'lost 0'`
  );
});

Deno.test("11.2 the baseline is recorded before the first row, so that it never hides a loss", async () => {
  const rows = await postgres.database.run(countRows);
  await using app = await openTestApp(postgres.database);
  for (let n = 0; n < 7; n++) await send(app, { eventType: `first ${n}` });
  assertEquals((await app.kv.get(RECONCILIATION_BASELINE)).value, null);
  await forceFlush(app);
  const { value } = await app.kv.get<{ rows: number }>(RECONCILIATION_BASELINE);
  assertEquals(value?.rows, rows);
  await addToCounts("first 0", -1);
  assertEquals((await reconciliationOf(app)()).differences, { ...BALANCED, rows: 1 });
  await addToCounts("first 0", 1);
  assertEquals((await reconciliationOf(app)()).differences, BALANCED);
});

Deno.test("11.2 rows are compared under steady load, when the flusher has nothing in flight", async () => {
  await using app = await openTestApp(postgres.database, { environment: { BATCH_SIZE: "20" } });
  await send(app, { eventType: "steady loss" });
  await forceFlush(app);
  let sent = 0;
  let stop = false;
  const load = Promise.all(Array.from({ length: 8 }, async () => {
    while (!stop) await send(app, { eventType: `steady ${sent++}` });
  }));
  await until(() => sent > 200, "load");
  await app.app.everyMinute();
  assertEquals(await differenceOf(app, "rows"), 0);
  await addToCounts("steady loss", -1);
  const before = sent;
  await app.app.everyMinute();
  assertGreater(sent, before, "the service is busy");
  assertEquals(await differenceOf(app, "rows"), 1);
  await addToCounts("steady loss", 1);
  stop = true;
  await load;
});

Deno.test("11.2 rows that are inserted but not committed in KV are no difference, while they can be", async () => {
  const faults = noFaults();
  await using app = await openTestApp(postgres.database, { parts: withFaults(faults) });
  await send(app, { eventType: "in flight before" });
  await forceFlush(app);
  faults.commit = (kind) => kind === "flush" ? "fails" : null;
  for (let n = 0; n < 3; n++) await send(app, { eventType: `in flight ${n}` });
  await forceFlush(app);
  await app.app.everyMinute();
  assertEquals(await differenceOf(app, "rows"), undefined);
  faults.commit = () => null;
  await app.app.everyMinute();
  assertEquals(await differenceOf(app, "rows"), 0);
});

Deno.test("11.10 a KV that is empty although Postgres has rows is named until somebody acknowledges it", async () => {
  {
    await using former = await openTestApp(postgres.database);
    await send(former, { eventType: "in the former KV" });
    await forceFlush(former);
  }
  await using logs = await captureLogs();
  await using app = await openTestApp(postgres.database);
  await send(app, { eventType: "in the new KV" });
  await app.app.everyMinute();
  assertEquals(await differenceOf(app, "kv"), 1);
  assertEquals(await differenceOf(app, "rows"), 0);
  const notice = "kv_stores has a store that was empty although Postgres had rows";
  assertEquals((await (await app.get("/readyz")).json()).notice, notice);
  const { value } = await app.kv.get<{ id: string }>(RECONCILIATION_BASELINE);
  const named = logs.records.filter(({ properties }) => properties["id"] === value?.id);
  assertEquals(named.map(({ level }) => level), ["error"]);
  await postgres.database.run((sql) =>
    sql`update kv_stores set acknowledged_at = now() where id = ${value?.id ?? ""}::uuid`
  );
  await app.app.everyMinute();
  assertEquals(await differenceOf(app, "kv"), 0);
  assertEquals((await (await app.get("/readyz")).json()).notice, undefined);
});

Deno.test("11.10 a Postgres that was replaced has rows missing, until an operator accepts that", async () => {
  await using app = await openTestApp(postgres.database);
  for (let n = 0; n < 4; n++) await send(app, { eventType: `replaced ${n}` });
  await forceFlush(app);
  const { value } = await app.kv.get<{ id: string }>(RECONCILIATION_BASELINE);
  const id = value?.id ?? "";
  await postgres.database.run((sql) => sql`delete from kv_stores where id = ${id}::uuid`);
  for (let n = 0; n < 4; n++) await addToCounts(`replaced ${n}`, -1);
  await app.app.everyMinute();
  assertEquals(await differenceOf(app, "rows"), 4);
  await postgres.database.run((sql) =>
    sql`update kv_stores set rows_before = rows_before - 4 where id = ${id}::uuid`
  );
  await app.app.everyMinute();
  assertEquals(await differenceOf(app, "rows"), 0);
});

Deno.test("11.2 a result is discarded if the lease was lost meanwhile", async () => {
  await using app = await openTestApp(postgres.database);
  await reconciliationOf(app)();
  assertEquals((await reconciliationOf(app, false)()).differences, { ...BALANCED, rows: null });
});

Deno.test("11.2 an event that is lost before there is a baseline is noticed, too", async () => {
  await using app = await openTestApp(postgres.database);
  await send(app, { eventType: "lost" });
  const operation = app.kv.atomic();
  addToCounters(operation, { buffered: -1 });
  await operation.commit();
  assertEquals((await reconciliationOf(app)()).differences.accepted, 1);
});

Deno.test("while Postgres is unavailable, the other two equations are still checked", async () => {
  await using app = await openTestApp(postgres.database);
  const reconcile = createReconcile({
    kv: app.kv,
    countRows: () => Promise.reject(new Error("away")),
    baseline: { read: () => Promise.resolve(0), record: () => Promise.resolve() },
  });
  await reconciliationOf(app)();
  const ledger = new Ledger({ kv: app.kv, clock: { after: () => () => {} } });
  ledger.add("invalid");
  await ledger.write();
  assertEquals((await reconcile(null)).differences, { received: 0, accepted: 0, rows: null });
});
