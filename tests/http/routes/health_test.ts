import { VERSION } from "../../../src/version.ts";
import { assertEquals, assertLess, assertStringIncludes } from "../../support/assert.ts";
import { Database } from "../../../src/store/database.ts";
import { openTestApp, type TestApp } from "../../support/app.ts";
import { until } from "../../support/until.ts";
import { noFaults } from "../../support/faulty_kv.ts";
import { openTestPostgres } from "../../support/postgres.ts";
import {
  answerOf,
  forceFlush,
  openClosedDatabase,
  refusalOf,
  withFaults,
} from "../../support/server.ts";
import { TcpProxy } from "../../support/tcp_proxy.ts";

const postgres = await openTestPostgres();
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

const alive = { status: 200, body: { status: "ok", version: VERSION } };

/** The response with failing parts by name only: their reasons vary. */
async function readiness(response: Promise<Response>) {
  const { status, body } = await answerOf(response);
  const state = body as Record<string, string>;
  const parts = ["kv", "postgres", "flush", "enrichment"].filter((part) => state[part] !== "ok");
  return { status, fields: Object.keys(state), state: state["status"], failing: parts };
}

const fields = ["status", "kv", "postgres", "flush", "enrichment"];

Deno.test("11.5 /readyz is ok while KV and Postgres answer", async () => {
  await using app = await openTestApp(postgres.database);
  assertEquals(await answerOf(app.get("/readyz")), {
    status: 200,
    body: { status: "ok", kv: "ok", postgres: "ok", flush: "ok", enrichment: "ok" },
  });
  assertEquals(await answerOf(app.get("/livez")), alive);
});

Deno.test("11.5 /readyz names Postgres when it is down, and tracking continues", async () => {
  await using database = openClosedDatabase();
  await using app = await openTestApp(database);
  const failing = { status: 503, fields, state: "degraded", failing: ["postgres"] };
  assertEquals(await readiness(app.get("/readyz")), failing);
  assertEquals(await answerOf(app.post("/v1/events", { eventType: "page_viewed" })), {
    status: 200,
    body: { eventId: null, tracked: true },
  });
  assertEquals(await readiness(app.get("/readyz")), failing);
  assertEquals(await answerOf(app.get("/livez")), alive);
});

Deno.test("11.5 /readyz names KV while it cannot be read, and is ok again afterwards", async () => {
  const faults = noFaults();
  await using app = await openTestApp(postgres.database, { parts: withFaults(faults) });
  faults.read = () => true;
  const failing = { status: 503, fields, state: "down", failing: ["kv"] };
  assertEquals(await readiness(app.get("/readyz")), failing);
  assertEquals(await answerOf(app.get("/livez")), alive);
  faults.read = () => false;
  const ready = { status: 200, fields, state: "ok", failing: [] };
  assertEquals(await readiness(app.get("/readyz")), ready);
});

Deno.test("11.5 /readyz says that a process is still reading recent fingerprints", async () => {
  const faults = noFaults();
  const held = Promise.withResolvers<void>();
  await using app = await openTestApp(postgres.database, { parts: withFaults(faults) });
  await app.post("/v1/events", { eventType: "page_viewed" });
  faults.beforeRead = () => held.promise;
  app.app.start();
  faults.beforeRead = () => Promise.resolve();
  const ready = async () => (await answerOf(app.get("/readyz"))).body as Record<string, string>;
  await until(async () => (await ready())["postgres"] === "ok", "the migrations to be checked");
  assertEquals(await answerOf(app.get("/readyz")), {
    status: 503,
    body: {
      status: "degraded",
      kv: "starting: reading recent fingerprints",
      postgres: "ok",
      flush: "ok",
      enrichment: "ok",
    },
  });
  held.resolve();
  await until(async () => (await app.get("/readyz")).status === 200, "the service to be ready");
});

Deno.test("/readyz names both KV and Postgres when both are down", async () => {
  await using database = openClosedDatabase();
  const faults = noFaults();
  await using app = await openTestApp(database, { parts: withFaults(faults) });
  faults.read = () => true;
  const failing = { status: 503, fields, state: "down", failing: ["kv", "postgres"] };
  assertEquals(await readiness(app.get("/readyz")), failing);
  faults.read = () => false;
});

Deno.test("11.4 11.5 /livez and /readyz accept GET and HEAD only", async () => {
  await using app = await openTestApp(postgres.database);
  for (const path of ["/livez", "/readyz"]) {
    const url = `http://sluice.test${path}`;
    const head = await app.app.fetch(new Request(url, { method: "HEAD" }));
    assertEquals([head.status, await head.text()], [200, ""]);
    assertEquals((await refusalOf(app.post(path, {}))).status, 405);
  }
});

Deno.test("11.9 /readyz is down while KV can be read but not written", async () => {
  const faults = noFaults();
  await using app = await openTestApp(postgres.database, { parts: withFaults(faults) });
  faults.commit = () => "fails";
  assertEquals(await answerOf(app.get("/readyz")), {
    status: 503,
    body: {
      status: "down",
      kv: "cannot be written",
      postgres: "ok",
      flush: "ok",
      enrichment: "ok",
    },
  });
  faults.commit = () => null;
  await answerOf(app.get("/readyz"));
  // A write a moment ago does not hide an event that could not be stored since.
  faults.commit = (kind) => kind === "append" ? "fails" : null;
  const refused = { status: 200, body: { eventId: null, tracked: false } };
  assertEquals(await answerOf(app.post("/v1/events", { eventType: "page_viewed" })), refused);
  const failing = { status: 503, fields, state: "down", failing: ["kv"] };
  assertEquals(await readiness(app.get("/readyz")), failing);
  faults.commit = () => null;
  await answerOf(app.post("/v1/events", { eventType: "page_viewed" }));
  assertEquals((await readiness(app.get("/readyz"))).state, "ok");
});

Deno.test("11.9 /readyz says how often flushes have failed, and why", async () => {
  const faults = noFaults();
  await using app = await openTestApp(postgres.database, { parts: withFaults(faults) });
  faults.commit = (kind) => kind === "lease" ? "fails" : null;
  await answerOf(app.post("/v1/events", { eventType: "page_viewed" }));
  for (let n = 0; n < 5; n++) await forceFlush(app);
  const { status, body } = await answerOf(app.get("/readyz"));
  assertEquals([status, (body as { flush: string }).flush], [
    503,
    "failed 5 times in a row: KV failed",
  ]);
  faults.commit = () => null;
  await forceFlush(app);
  assertEquals((await readiness(app.get("/readyz"))).state, "ok");
});

Deno.test("11.9 /readyz and /metrics respond within 2 s while KV reads hang", async () => {
  const faults = noFaults();
  const held = Promise.withResolvers<void>();
  await using app = await openTestApp(postgres.database, { parts: withFaults(faults) });
  faults.beforeRead = () => held.promise;
  await respondInTime(app, ["kv"]);
  held.resolve();
  faults.beforeRead = () => Promise.resolve();
  await until(async () => (await app.get("/readyz")).status === 200, "the service to be ready");
});

Deno.test("11.14 /readyz says at once that a process is stopping, though KV hangs", async () => {
  const faults = noFaults();
  const held = Promise.withResolvers<void>();
  await using app = await openTestApp(postgres.database, { parts: withFaults(faults) });
  faults.beforeRead = () => held.promise;
  app.app.announceStop();
  const startedAt = performance.now();
  assertEquals(await answerOf(app.get("/readyz")), {
    status: 503,
    body: {
      status: "stopping",
      kv: "not checked",
      postgres: "not checked",
      flush: "not checked",
      enrichment: "not checked",
    },
  });
  assertLess(performance.now() - startedAt, 1_000);
  held.resolve();
});

Deno.test("11.9 /readyz and /metrics respond within 2 s while Postgres accepts and never answers", async () => {
  await using proxy = new TcpProxy(Number(new URL(postgres.url).port));
  await using database = new Database({ url: proxy.through(postgres.url), recycle: false });
  await database.run((sql) => sql`select 1`);
  await using app = await openTestApp(database);
  proxy.toServer = () => ({ bytes: new Uint8Array() });
  await respondInTime(app, ["postgres"]);
  proxy.disconnect();
});

/** Checks that both respond in time, and that `/metrics` has what it can read. */
async function respondInTime(app: TestApp, failing: readonly string[]): Promise<void> {
  const startedAt = performance.now();
  const [readyz, metrics] = await Promise.all([
    readiness(app.get("/readyz")),
    app.get("/metrics").then((response) => response.text()),
  ]);
  assertLess(performance.now() - startedAt, 2_000);
  assertEquals([readyz.status, readyz.failing], [503, failing]);
  assertStringIncludes(metrics, "\nsluice_events_accepted_total 0\n");
  assertStringIncludes(metrics, `\nsluice_ready{part="${failing[0]}"} 0\n`);
  assertEquals(/^sluice_events_buffered .*$/m.test(metrics), !failing.includes("kv"));
}
