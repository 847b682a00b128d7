import { idAt } from "../../../src/events/id.ts";
import { segmentKey } from "../../../src/kv/keys.ts";
import {
  assertEquals,
  assertGreaterOrEqual,
  assertLess,
  assertStringIncludes,
} from "../../support/assert.ts";
import { openTestApp, type TestApp } from "../../support/app.ts";
import { noFaults } from "../../support/faulty_kv.ts";
import { openTestPostgres } from "../../support/postgres.ts";
import { forceFlush, openClosedDatabase, refusalOf, withFaults } from "../../support/server.ts";

const postgres = await openTestPostgres();
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

/** The samples of `/metrics`, by name and labels. */
async function metricsOf(app: TestApp): Promise<ReadonlyMap<string, number>> {
  const response = await app.get("/metrics");
  assertEquals(response.status, 200);
  assertEquals(response.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  const text = await response.text();
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(lines.map((line) => {
    const at = line.lastIndexOf(" ");
    return [line.slice(0, at), Number(line.slice(at + 1))];
  }));
}

async function track(app: TestApp, event: unknown): Promise<void> {
  const response = await app.post("/v1/events", event);
  await response.body?.cancel();
}

Deno.test("12.3 /metrics describes every metric in Prometheus' text format", async () => {
  await using app = await openTestApp(postgres.database);
  const text = await (await app.get("/metrics")).text();
  for (const [name, type] of [["events_accepted_total", "counter"], ["events_buffered", "gauge"]]) {
    assertStringIncludes(text, `# HELP sluice_${name} `);
    assertStringIncludes(text, `# TYPE sluice_${name} ${type}\n`);
  }
  assertStringIncludes(text, "\nsluice_events_accepted_total 0\n");
});

Deno.test("2.2 /metrics counts accepted events, and duplicates by how they were recognised", async () => {
  await using app = await openTestApp(postgres.database);
  const props = { occurred_at: new Date().toISOString() };
  const keyed = { eventType: "page_viewed", idempotencyKey: crypto.randomUUID() };
  const events = [
    { eventType: "page_viewed", props },
    { eventType: "page_viewed", props },
    { eventType: "page_viewed", props },
    keyed,
    keyed,
  ];
  for (const event of events) await track(app, event);
  const metrics = await metricsOf(app);
  assertEquals(metrics.get("sluice_events_accepted_total"), 2);
  assertEquals(metrics.get('sluice_events_duplicate_total{by="fingerprint"}'), 2);
  assertEquals(metrics.get('sluice_events_duplicate_total{by="idempotency_key"}'), 1);
});

Deno.test("/metrics counts events of every endpoint that are not stored, by reason", async () => {
  const faults = noFaults();
  const environment = { MAX_BUFFERED_EVENTS: "1", STRICT_EVENT_TYPES: "true" };
  await using app = await openTestApp(postgres.database, {
    environment,
    parts: withFaults(faults),
  });
  faults.commit = () => "fails";
  await track(app, { eventType: "page_viewed" });
  faults.commit = () => null;
  await track(app, { eventType: "" });
  await track(app, { eventType: "post_viewed" });
  await track(app, { eventType: "page_vieved" });
  await track(app, { eventType: "page_viewed", props: { occurred_at: "yesterday" } });
  await track(app, { eventType: "page_viewed", props: { text: "x".repeat(40_000) } });
  const batch = await app.post("/v1/events/batch", { events: [{ eventType: "" }, {}] });
  await batch.body?.cancel();
  const pixel = await app.get("/v1/pixel.gif?eventType=post_viewed");
  await pixel.body?.cancel();
  const key = crypto.randomUUID();
  await track(app, { eventType: "page_viewed", idempotencyKey: key });
  await track(app, { eventType: "cta_clicked" });
  const metrics = await metricsOf(app);
  const reasons = {
    unavailable: 1,
    overloaded: 1,
    invalid: 3,
    required_props: 2,
    known_event_type: 1,
    occurred_at: 1,
    too_large: 1,
  };
  const counted = Object.keys(reasons).map((reason) => [
    reason,
    metrics.get(`sluice_events_rejected_total{reason="${reason}"}`),
  ]);
  assertEquals(Object.fromEntries(counted), reasons);
  assertEquals(metrics.get("sluice_events_accepted_total"), 1);
});

Deno.test("/metrics shows the buffer filling and emptying, and the flush", async () => {
  await using app = await openTestApp(postgres.database);
  for (const eventType of ["page_viewed", "cta_clicked", "form_submitted"]) {
    await track(app, { eventType });
  }
  assertEquals((await metricsOf(app)).get("sluice_events_buffered"), 3);
  await forceFlush(app);
  const metrics = await metricsOf(app);
  assertEquals(metrics.get("sluice_events_buffered"), 0);
  assertEquals(metrics.get("sluice_rows_written_total"), 3);
  assertEquals(metrics.get("sluice_dead_letters_total"), 0);
  const flushes = 'sluice_flush_seconds_count{trigger="forced",result="drained"}';
  assertEquals(metrics.get(flushes), 1);
});

Deno.test("/metrics works while neither KV nor Postgres answers", async () => {
  await using database = openClosedDatabase();
  const faults = noFaults();
  await using app = await openTestApp(database, { parts: withFaults(faults) });
  await track(app, { eventType: "page_viewed" });
  await forceFlush(app);
  faults.read = () => true;
  const metrics = await metricsOf(app);
  faults.read = () => false;
  assertEquals(metrics.get("sluice_events_buffered"), NaN);
  assertEquals(metrics.get("sluice_events_accepted_total"), 1);
  const flushes = 'sluice_flush_seconds_count{trigger="forced",result="unavailable"}';
  assertEquals(metrics.get(flushes), 1);
});

Deno.test("12.3 /metrics times requests by route and status; unknown paths create no series", async () => {
  await using app = await openTestApp(postgres.database);
  await track(app, { eventType: "page_viewed" });
  await track(app, { eventType: "" });
  const call = await app.post("/api/trpc/eventIngestion.track", { eventType: "cta_clicked" });
  await call.body?.cancel();
  for (const path of ["/nowhere", "/wp-login.php", "/v1/event", "/v1/events/"]) {
    await (await app.get(path)).body?.cancel();
  }
  const preflight = new Request("http://sluice.test/v1/events", { method: "OPTIONS" });
  await (await app.app.fetch(preflight)).body?.cancel();
  const metrics = await metricsOf(app);
  const counts = [...metrics].filter(([name]) => name.startsWith("sluice_request_seconds_count"));
  assertEquals(Object.fromEntries(counts), {
    'sluice_request_seconds_count{route="/v1/events",status="200"}': 1,
    'sluice_request_seconds_count{route="/v1/events",status="400"}': 1,
    'sluice_request_seconds_count{route="/api/trpc/*",status="200"}': 1,
    'sluice_request_seconds_count{route="none",status="404"}': 3,
    'sluice_request_seconds_count{route="none",status="405"}': 1,
    'sluice_request_seconds_count{route="none",status="204"}': 1,
  });
});

Deno.test("/metrics shows the age of the oldest buffered event, and whether the parts are ready", async () => {
  await using app = await openTestApp(postgres.database);
  const segment = segmentKey(idAt(Date.now() - 90_000));
  await app.kv.set(segment, new Uint8Array());
  const metrics = await metricsOf(app);
  const age = metrics.get("sluice_buffer_oldest_seconds") ?? NaN;
  assertGreaterOrEqual(age, 90);
  assertLess(age, 150);
  for (const part of ["kv", "postgres", "flush", "enrichment"]) {
    assertEquals(metrics.get(`sluice_ready{part="${part}"}`), 1, part);
  }
  await app.kv.delete(segment);
});

Deno.test("/metrics accepts only GET", async () => {
  await using app = await openTestApp(postgres.database);
  assertEquals((await refusalOf(app.post("/metrics", {}))).status, 405);
});

Deno.test("12.5 with METRICS_TOKEN, /metrics requires it as a bearer token", async () => {
  const token = "a-token-of-thirty-characters!!";
  await using app = await openTestApp(postgres.database, {
    environment: { METRICS_TOKEN: token },
  });
  const refused: HeadersInit[] = [
    {},
    { authorization: token },
    { authorization: `Basic ${token}` },
    { authorization: `Bearer ${token.slice(1)}` },
    { authorization: `Bearer ${token}x` },
    { authorization: `Bearer ${await app.token("ADMIN")}` },
    { cookie: `session=${token}` },
  ];
  for (const headers of refused) {
    const response = await app.get("/metrics", headers);
    assertEquals(response.headers.get("www-authenticate"), "Bearer");
    const { status, code, message } = await refusalOf(response);
    assertEquals([status, code], [401, "UNAUTHORIZED"], JSON.stringify(headers));
    assertStringIncludes(message, "METRICS_TOKEN");
  }
  for (const scheme of ["Bearer", "bearer", "BEARER ", "Bearer\t"]) {
    const response = await app.get("/metrics", { authorization: `${scheme} ${token}` });
    assertEquals(response.status, 200);
    assertStringIncludes(await response.text(), "sluice_build_info");
  }
  const health = await app.get("/livez");
  assertEquals(health.status, 200);
  await health.body?.cancel();
});
