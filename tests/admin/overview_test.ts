import { addToCounter } from "../../src/kv/counter.ts";
import { adminClient } from "../support/admin.ts";
import { openTestApp } from "../support/app.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { captureLogs } from "../support/logs.ts";
import { forceFlush, openClosedDatabase, openRoutesPostgres } from "../support/server.ts";
import { until } from "../support/until.ts";

const postgres = await openRoutesPostgres();
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

Deno.test("an overview counts buffered events and all outcomes", async () => {
  await using app = await openTestApp(postgres.database);
  const { admin } = adminClient(app);
  const empty = await admin.overview.query();
  assertEquals([empty.buffer.events, empty.buffer.oldestSeconds], [0, null]);
  for (const eventType of ["a", "a", "b", ""]) {
    await app.post("/v1/events", { eventType });
  }
  const full = await admin.overview.query();
  assertEquals([full.buffer.events, full.balance.accepted], [2, 2]);
  const age = full.buffer.oldestSeconds ?? -1;
  assert(age >= 0 && age < 30, `${age} s`);
  assertEquals(full.buffer.isProcessing, false);
  await forceFlush(app);
  await until(
    async () => (await admin.overview.query()).enrichment.lagSeconds === null,
    "enriched",
  );
  const after = await admin.overview.query();
  assertEquals([after.buffer.events, after.balance.stored], [0, after.balance.accepted]);
  assertEquals(after.health, { kv: null, postgres: null, flush: null, enrichment: null });
});

Deno.test("9.1 while Postgres is unavailable an overview says so and has the other values", async () => {
  await using app = await openTestApp(openClosedDatabase());
  await app.post("/v1/events", { eventType: "a" });
  const overview = await adminClient(app).admin.overview.query();
  assertEquals([overview.buffer.events, overview.deadLetters], [1, null]);
  assertEquals(overview.flush, { p50Ms: null, p99Ms: null });
  assert(overview.health.postgres !== null && overview.health.kv === null);
});

Deno.test("11.3 counters that do not reconcile are in the overview within a minute", async () => {
  await using app = await openTestApp(postgres.database);
  const { admin } = adminClient(app);
  await app.app.everyMinute(); // starts the reconciliation
  await app.post("/v1/events", { eventType: "a" });
  await forceFlush(app);
  const operation = app.kv.atomic();
  addToCounter(operation, "stored", -1); // an event went missing
  await operation.commit();
  await using logs = await captureLogs();
  await app.app.everyMinute();
  assertEquals((await admin.overview.query()).reconciliation.accepted, 1);
  assertEquals(logs.of("error").length, 1);
});
