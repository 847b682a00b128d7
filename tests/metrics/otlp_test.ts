import { assert, assertEquals } from "../support/assert.ts";
import { type Instrument, INSTRUMENTS } from "../../src/metrics/instruments.ts";
import { MAX_LINKS } from "../../src/tracing.ts";
import { type CollectedSpan, type Collector, openCollector } from "../support/otlp.ts";
import { openTestPostgres } from "../support/postgres.ts";
import { drainProcess, MAIN, startProcess } from "../support/service_process.ts";
import { OLD_DENO } from "../support/old_deno.ts";
import { until } from "../support/until.ts";

const postgres = await openTestPostgres();
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

/**
 * @param exportEveryMs a long interval avoids an export at exit, on which Deno may hang
 */
function startTraced(
  collector: Collector,
  folder: string,
  { exportEveryMs = 60_000, databaseUrl = postgres.url } = {},
) {
  return startProcess(MAIN, {
    KV_PATH: `${folder}/kv.sqlite3`,
    DATABASE_URL: databaseUrl,
    BATCH_TIMEOUT_MS: "100000",
    OTEL_DENO: "true",
    OTEL_DENO_CONSOLE: "ignore",
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
    OTEL_METRIC_EXPORT_INTERVAL: String(exportEveryMs),
    OTEL_BSP_SCHEDULE_DELAY: "100",
  });
}

/** Tracks with a token that is not accepted, so that this is recorded too. */
async function track(url: string, route: string, body: unknown): Promise<void> {
  const headers = { "content-type": "application/json", authorization: "Bearer unusable" };
  const init = { method: "POST", headers };
  const response = await fetch(url + route, { ...init, body: JSON.stringify(body) });
  assertEquals(response.status, 200);
  await response.body?.cancel();
}

const keyOf = ({ traceId, spanId }: Pick<CollectedSpan, "traceId" | "spanId">) =>
  `${traceId} ${spanId}`;

function sum(spans: readonly CollectedSpan[], attribute: string): number {
  return spans.reduce((total, { attributes }) => total + Number(attributes[attribute]), 0);
}

/** Waits until the spans of a name cover `events` events, and returns those that had any. */
async function spansOf(
  { spans }: Collector,
  name: string,
  events: number,
): Promise<CollectedSpan[]> {
  return await until(() => {
    const found = spans.filter((span) => span.name === name && span.attributes["sluice.events"]);
    return sum(found, "sluice.events") === events ? found : null;
  }, `spans ${name} of ${events} events`);
}

Deno.test("OTEL_DENO=true exports all metrics, and spans linked from end to end", async (t) => {
  const folder = await Deno.makeTempDir({ prefix: "sluice-otlp-" });
  try {
    await using collector = openCollector();
    await using service = await startTraced(collector, folder, { exportEveryMs: 200 });
    const props = { occurred_at: new Date().toISOString() };
    const event = { eventType: "page_viewed", props };
    await track(service.url, "/v1/events", event);
    await track(service.url, "/v1/events/batch", {
      events: [{ eventType: "cta_clicked" }, { eventType: "form_submitted" }, event, {}],
    });
    await track(service.url, "/api/trpc/eventIngestion.track", { eventType: "search_performed" });
    const keyed = { ...event, idempotencyKey: crypto.randomUUID() };
    await track(service.url, "/v1/events", keyed);
    await track(service.url, "/v1/events", keyed);
    await drainProcess(service);

    await t.step(
      "the span of a request is named after its route, and has no nested spans",
      async () => {
        const request = await until(
          () => collector.spans.find(({ name }) => name === "POST /v1/events/batch"),
          "the batch's span",
        );
        assertEquals(request.attributes["http.route"], "/v1/events/batch");
        const nested = collector.spans.filter(({ parentSpanId }) =>
          parentSpanId === request.spanId
        );
        assertEquals(nested, []);
      },
    );

    // Usually one; more if the flush at startup or by cron took some of the events.
    const flushes = await spansOf(collector, "flush", 5);
    await t.step(
      "the span of a flush links once to each request whose events it wrote",
      async () => {
        const links = flushes.flatMap((flush) => flush.links.map(keyOf));
        const requests = await until(() => {
          const found = collector.spans.filter((span) => links.includes(keyOf(span)));
          return found.length === links.length ? found : null;
        }, "the linked requests");
        assertEquals(requests.map(({ name }) => name).toSorted(), [
          "POST /api/trpc/*",
          "POST /v1/events",
          "POST /v1/events",
          "POST /v1/events/batch",
        ]);
        assertEquals(flushes.map(({ parentSpanId }) => parentSpanId).join(""), "");
        assertEquals(sum(flushes, "sluice.rows"), 5);
        for (const { attributes } of flushes) assertEquals(attributes["sluice.result"], "drained");
      },
    );

    await t.step("the span of an enrichment batch links to its flush", async () => {
      const batches = await spansOf(collector, "enrich", 5);
      const linked = batches.flatMap(({ links }) => links.map(keyOf));
      assertEquals(new Set(linked), new Set(flushes.map(keyOf)));
      assertEquals(batches.filter(({ status }) => status === 2), []);
    });

    await t.step("every metric arrives, with its name, kind, unit and value", async () => {
      const exported = await until(() => {
        const { metrics } = collector;
        const enriched = metrics.get("sluice_events_enriched_total")?.values.get("{}");
        const stored = metrics.get("sluice_reconciliation_events")?.values.get(
          '{"counter":"stored"}',
        );
        return enriched === 5 && stored === 5 ? metrics : null;
      }, "the metrics of the enrichment");
      for (const { name, kind, unit, help } of Object.values<Instrument>(INSTRUMENTS)) {
        if (name === "sluice_reconciliation_difference") continue; // exists only after cron has checked it, every minute
        const metric = exported.get(name);
        assert(metric, `${name} did not arrive: make the events of this test record it`);
        assertEquals([metric.kind, metric.unit, metric.description], [kind, unit, help], name);
      }
      const value = (name: string, labels = {}) =>
        exported.get(name)?.values.get(JSON.stringify(labels));
      assertEquals(value("sluice_request_seconds", { route: "/v1/events", status: "200" }), 3);
      assertEquals(value("sluice_events_accepted_total"), 5);
      assertEquals(value("sluice_events_duplicate_total", { by: "fingerprint" }), 1);
      assertEquals(value("sluice_events_duplicate_total", { by: "idempotency_key" }), 1);
      assertEquals(value("sluice_events_rejected_total", { reason: "invalid" }), 1);
      assertEquals(value("sluice_rows_written_total"), 5);
      assertEquals(value("sluice_events_buffered"), 0);
      assertEquals(value("sluice_reconciliation_events", { counter: "stored" }), 5);
      assertEquals(value("sluice_ready", { part: "postgres" }), 1);
    });

    await t.step("no trace context is written to Postgres", async () => {
      const rows = await postgres.database.run((sql) =>
        sql<{ text: string }[]>`
          select e::text || n::text as text
          from events e join event_enrichments n on n.event_id = e.id
        `
      );
      assertEquals(rows.length, 5);
      assertEquals(rows.filter(({ text }) => /trace|00-[0-9a-f]{32}/.test(text)), []);
    });

    await t.step("a flush of many requests links to 32 of them", async () => {
      const before = new Set(flushes);
      for (let n = 0; n < 40; n++) {
        await track(service.url, "/v1/events", { eventType: `type_${n}` });
      }
      await drainProcess(service);
      for (const flush of await spansOf(collector, "flush", 45)) {
        if (before.has(flush)) continue;
        assertEquals(flush.parentSpanId, "");
        const events = Number(flush.attributes["sluice.events"]);
        assertEquals(flush.links.length, Math.min(events, MAX_LINKS));
      }
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

// Old versions lose what was recorded since the last export (src/metrics/README.md).
const lost = { ignore: OLD_DENO };

Deno.test("the last flush before exit is exported", lost, async () => {
  const folder = await Deno.makeTempDir({ prefix: "sluice-otlp-" });
  try {
    await using collector = openCollector();
    await using service = await startTraced(collector, folder);
    await track(service.url, "/v1/events", { eventType: "asset_downloaded" });
    await service.kill("SIGTERM");
    const [flush] = await spansOf(collector, "flush", 1);
    assertEquals(flush?.attributes["sluice.rows"], 1);
    assertEquals(collector.metrics.get("sluice_rows_written_total")?.values.get("{}"), 1);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("the span of a failed flush has an error status and the result", lost, async () => {
  const folder = await Deno.makeTempDir({ prefix: "sluice-otlp-" });
  try {
    await using collector = openCollector();
    const unreachable = "postgres://nobody@127.0.0.1:1/nothing";
    await using service = await startTraced(collector, folder, { databaseUrl: unreachable });
    await track(service.url, "/v1/events", { eventType: "page_viewed" });
    await service.kill("SIGTERM"); // the flush at shutdown fails
    const flush = await until(
      () => collector.spans.find(({ name, status }) => name === "flush" && status === 2),
      "the failed flush",
    );
    assertEquals(flush.attributes["sluice.result"], "unavailable");
    assertEquals([flush.attributes["sluice.events"], flush.links.length], [0, 1]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("4.11 spans have no query of a request's URL", async () => {
  const folder = await Deno.makeTempDir({ prefix: "sluice-otlp-" });
  try {
    await using collector = openCollector();
    await using service = await startTraced(collector, folder);
    const query = `eventType=email_opened&url=${
      encodeURIComponent("https://a.example/?token=s3cr3t")
    }`;
    for (const path of [`/v1/pixel.gif?${query}`, "/livez?token=s3cr3t", "/nowhere?token=s3cr3t"]) {
      await (await fetch(service.url + path)).body?.cancel();
    }
    const spans = await until(
      () => {
        const requests = collector.spans.filter(({ attributes }) => "http.route" in attributes);
        return requests.length >= 3 ? requests : null;
      },
      "three spans",
      60_000,
    );
    assertEquals(JSON.stringify(spans).match(/.{60}s3cr3t/g), null);
    await drainProcess(service);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
