import { processKey } from "../../src/kv/keys.ts";
import { addToCounters } from "../../src/kv/counter.ts";
import { SEGMENTS } from "../../src/kv/keys.ts";
import { adminClient } from "../support/admin.ts";
import { openTestApp } from "../support/app.ts";
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import { newId } from "../support/ids.ts";
import { keysUnder } from "../support/kv.ts";
import { captureLogs } from "../support/logs.ts";
import { openTestPostgres } from "../support/postgres.ts";
import { forceFlush, openClosedDatabase } from "../support/server.ts";
import { until } from "../support/until.ts";

const postgres = await openTestPostgres();
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

Deno.test("9.15 an overview lists the process, once it was started, until it ends", async () => {
  let process: string | undefined;
  await using app = await openTestApp(postgres.database, {
    parts: (parts) => ({ ...parts, processName: "web-1 (7)" }),
  });
  const { admin } = adminClient(app);
  assertEquals((await admin.overview.query()).processes, []);
  await app.app.start();
  await until(async () => {
    const { processes } = await admin.overview.query();
    assertEquals(processes.map(({ name }) => name), processes.length === 0 ? [] : ["web-1 (7)"]);
    process = processes[0]?.id;
    return process;
  }, "the process to be listed");
  await app.app.drain(5_000);
  assertEquals((await app.kv.get(processKey(process ?? ""))).value, null);
});

Deno.test("11.3 counters that do not reconcile are in the overview within a minute", async () => {
  await using app = await openTestApp(postgres.database);
  const { admin } = adminClient(app);
  await app.app.everyMinute(); // starts the reconciliation
  await app.post("/v1/events", { eventType: "a" });
  await forceFlush(app);
  const operation = app.kv.atomic();
  addToCounters(operation, { stored: -1 }); // an event went missing
  await operation.commit();
  await using logs = await captureLogs();
  await app.app.everyMinute();
  assertEquals((await admin.overview.query()).reconciliation.accepted, 1);
  assertEquals(logs.of("error").length, 1);
});

Deno.test("8.10 a damaged segment hides no other from admins, and shows when it is set aside", async () => {
  await using app = await openTestApp(postgres.database);
  await using _logs = await captureLogs();
  const { admin } = adminClient(app);
  const sessionId = newId();
  for (const eventType of ["first", "second", "third"]) {
    await app.post("/v1/events", { eventType, sessionId });
  }
  const [, second = []] = await keysUnder(app.kv, ...SEGMENTS);
  for (const damage of [null, "text", new Uint8Array([1, 0x5b, 0x0a, 0xff])]) {
    await app.kv.set(second, damage);
    const { events } = await admin.recentEvents.query({ sessionId });
    assertEquals(events.map(({ eventType }) => eventType), ["third", "first"]);
    assertEquals((await admin.receipt.query({ eventId: newId() })).state, "unknown");
  }
  await forceFlush(app);
  const { setAside, balance, reconciliation, buffer } = await admin.overview.query();
  assertEquals([setAside, balance.set_aside, buffer.events, balance.stored], [1, 1, 0, 2]);
  assertEquals([reconciliation.received, reconciliation.accepted], [0, 0]);
  const metrics = await (await app.get("/metrics")).text();
  assertStringIncludes(metrics, 'sluice_set_aside_entries{source="buffer"} 1');
  assertStringIncludes(metrics, 'sluice_reconciliation_events{counter="set_aside"} 1');
});
