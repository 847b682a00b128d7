import { assertEquals, assertMatch } from "../support/assert.ts";
import { z } from "zod";
import { type Outcome, OUTCOME_KINDS } from "../../src/events/outcome.ts";
import { type Instrument, INSTRUMENTS } from "../../src/metrics/instruments.ts";
import { createMetrics, type GaugeSources, type Metrics } from "../../src/metrics/metrics.ts";

function metrics(
  buffered: () => Promise<number> = () => Promise.resolve(0),
  options: Partial<GaugeSources> = {},
): Metrics {
  const metrics = createMetrics();
  metrics.registerGauges({
    countBuffered: buffered,
    capacity: 1_000,
    bufferAge: () => Promise.resolve(0),
    reserveBytes: () => 0,
    enrichmentLag: () => Promise.resolve(0),
    counters: () => Promise.resolve({}),
    failingRecords: () => Promise.resolve(new Map()),
    setAside: () => Promise.resolve(new Map()),
    differences: () => null,
    health: () => Promise.resolve({}),
    ...options,
  });
  return metrics;
}

/** Every sample of the text format, by its name and labels. */
async function samples({ render }: Metrics): Promise<Record<string, number>> {
  const lines = (await render()).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return Object.fromEntries(lines.map((line) => {
    const space = line.lastIndexOf(" ");
    return [line.slice(0, space), line.endsWith("Nan") ? NaN : Number(line.slice(space + 1))];
  }));
}

const counted: readonly (readonly [outcome: Outcome, sample: string])[] = [
  [{ kind: "accepted" }, "sluice_events_accepted_total"],
  [{ kind: "duplicate" }, 'sluice_events_duplicate_total{by="fingerprint"}'],
  [{ kind: "replayed", eventId: null }, 'sluice_events_duplicate_total{by="idempotency_key"}'],
  [{ kind: "conflict", message: "" }, 'sluice_events_rejected_total{reason="conflict"}'],
  [
    { kind: "invalid", error: new z.ZodError([]) },
    'sluice_events_rejected_total{reason="invalid"}',
  ],
  ...(["occurred_at", "required_props", "known_event_type"] as const).map((rule) =>
    [
      { kind: "rule_violated", rule, message: "" },
      `sluice_events_rejected_total{reason="${rule}"}`,
    ] as const
  ),
  [{ kind: "too_large", message: "" }, 'sluice_events_rejected_total{reason="too_large"}'],
  [
    { kind: "limited", message: "", retryAfterSeconds: 1 },
    'sluice_events_rejected_total{reason="limited"}',
  ],
  [
    { kind: "overloaded", message: "", retryAfterSeconds: 1 },
    'sluice_events_rejected_total{reason="overloaded"}',
  ],
  [
    { kind: "unauthorized", reason: "revoked", message: "" },
    'sluice_events_rejected_total{reason="key_revoked"}',
  ],
  [
    { kind: "forbidden", scope: "ingest", message: "" },
    'sluice_events_rejected_total{reason="scope"}',
  ],
  [{ kind: "unavailable" }, 'sluice_events_rejected_total{reason="unavailable"}'],
  [
    { kind: "unavailable", cause: "disk_full" },
    'sluice_events_rejected_total{reason="disk_full"}',
  ],
  [{ kind: "unidentified" }, 'sluice_events_rejected_total{reason="unidentified"}'],
  [{ kind: "failed", error: null }, 'sluice_events_rejected_total{reason="failed"}'],
];

Deno.test("every outcome is counted", () => {
  assertEquals(
    [...new Set(counted.map(([{ kind }]) => kind))].sort(),
    [...OUTCOME_KINDS].sort(),
  );
});

for (const [outcome, sample] of counted) {
  Deno.test(`the outcome ${JSON.stringify(outcome)} counts only as ${sample}`, async () => {
    const observed = metrics();
    const before = await samples(observed);
    observed.observeOutcome(outcome);
    observed.observeOutcome(outcome);
    assertEquals(await samples(observed), { ...before, [sample]: 2 });
  });
}

Deno.test("a flush adds to rows, dead letters and late replays, and its duration counts by trigger and result", async () => {
  const observed = metrics();
  const flush = { trigger: "size", result: "flushed", stored: 90, deadLetters: 2, replays: 3 };
  observed.observeFlush({ ...flush, ms: 30 });
  observed.observeFlush({ ...flush, ms: 2000 });
  observed.observeFlush({
    trigger: "time",
    result: "unavailable",
    stored: 0,
    deadLetters: 0,
    replays: 0,
    ms: 1,
  });
  const seen = await samples(observed);
  assertEquals(seen["sluice_rows_written_total"], 180);
  assertEquals(seen["sluice_dead_letters_total"], 4);
  assertEquals(seen["sluice_late_replays_total"], 6);
  const labels = 'trigger="size",result="flushed"';
  assertEquals(seen[`sluice_flush_seconds_count{${labels}}`], 2);
  assertEquals(seen[`sluice_flush_seconds_sum{${labels}}`], 2.03);
  assertEquals(seen[`sluice_flush_seconds_bucket{le="0.05",${labels}}`], 1);
  assertEquals(seen['sluice_flush_seconds_count{trigger="time",result="unavailable"}'], 1);
});

Deno.test("12.7 the reserve is absent where there is none, as 0 would say that the disk is full", async () => {
  const none = await samples(metrics(undefined, { reserveBytes: undefined }));
  assertEquals(none["sluice_disk_reserve_bytes"], undefined);
  const some = await samples(metrics(undefined, { reserveBytes: () => 16 }));
  assertEquals(some["sluice_disk_reserve_bytes"], 16);
});

Deno.test("metrics without labels start at 0 instead of being absent", async () => {
  const seen = await samples(metrics());
  for (const { name, kind, labels } of Object.values<Instrument>(INSTRUMENTS)) {
    const sample = kind === "histogram" ? `${name}_count` : name;
    const expected = labels.length > 0 ? undefined : name.includes("capacity") ? 1_000 : 0;
    assertEquals(seen[sample], expected, name);
  }
});

Deno.test("the number of buffered events is read at each scrape", async () => {
  let buffered = 7;
  const observed = metrics(() => Promise.resolve(buffered));
  assertEquals((await samples(observed))["sluice_events_buffered"], 7);
  buffered = 0;
  assertEquals((await samples(observed))["sluice_events_buffered"], 0);
});

Deno.test("while KV cannot be read, the number of buffered events is NaN, and other metrics are served", async () => {
  const observed = metrics(() => Promise.reject(new Error("the disk cannot be read")));
  observed.observeOutcome({ kind: "accepted" });
  const seen = await samples(observed);
  assertEquals([seen["sluice_events_buffered"], seen["sluice_events_accepted_total"]], [NaN, 1]);
});

Deno.test("a request counts by route and status, in the bucket of its duration", async () => {
  const observed = metrics();
  observed.observeRequest("/v1/events", 200, 0.004);
  observed.observeRequest("/v1/events", 200, 0.04);
  observed.observeRequest("/v1/events", 429, 0.004);
  const seen = await samples(observed);
  const labels = 'route="/v1/events",status="200"';
  assertEquals(seen[`sluice_request_seconds_count{${labels}}`], 2);
  assertEquals(seen[`sluice_request_seconds_bucket{le="0.005",${labels}}`], 1);
  assertEquals(seen['sluice_request_seconds_count{route="/v1/events",status="429"}'], 1);
});

Deno.test("a group commit counts with its events and its duration", async () => {
  const observed = metrics();
  observed.observeCommit(12, 0.002);
  observed.observeCommit(90, 0.02);
  const seen = await samples(observed);
  assertEquals([seen["sluice_commit_events_sum"], seen["sluice_commit_events_count"]], [102, 2]);
  assertEquals(seen['sluice_commit_seconds_bucket{le="0.0025"}'], 1);
});

Deno.test("a flush batch counts with its events and the duration of each part", async () => {
  const observed = metrics();
  observed.observeFlushBatch({ events: 100, readMs: 1, insertMs: 20, commitMs: 3 });
  const seen = await samples(observed);
  assertEquals(seen["sluice_flush_batch_events_sum"], 100);
  const sums = ["read", "insert", "commit"].map((part) =>
    seen[`sluice_flush_batch_seconds_sum{part="${part}"}`]
  );
  assertEquals(sums, [0.001, 0.02, 0.003]);
});

Deno.test("an enrichment batch counts by result, and its events only if they were written", async () => {
  const observed = metrics();
  observed.observeEnrichment(40, 0.1, true);
  observed.observeEnrichment(0, 0.2, false);
  const seen = await samples(observed);
  assertEquals(seen["sluice_events_enriched_total"], 40);
  assertEquals(seen['sluice_enrichment_batch_seconds_sum{result="written"}'], 0.1);
  assertEquals(seen['sluice_enrichment_batch_seconds_sum{result="failed"}'], 0.2);
});

Deno.test("a counter or equation that cannot be read is absent", async () => {
  let isKvDown = false;
  const observed = metrics(undefined, {
    counters: () => isKvDown ? Promise.reject(new Error("KV")) : Promise.resolve({ stored: 5 }),
    differences: () => ({ received: 0, rows: null }),
    health: () => Promise.resolve({ kv: { state: "ok" }, postgres: { state: "failing" } }),
  });
  const seen = await samples(observed);
  assertEquals(seen['sluice_reconciliation_events{counter="stored"}'], 5);
  assertEquals(seen['sluice_reconciliation_difference{equation="received"}'], 0);
  assertEquals(seen['sluice_reconciliation_difference{equation="rows"}'], undefined);
  assertEquals(seen['sluice_ready{part="kv"}'], 1);
  assertEquals(seen['sluice_ready{part="postgres"}'], 0);
  isKvDown = true;
  assertEquals(
    (await samples(observed))['sluice_reconciliation_events{counter="stored"}'],
    undefined,
  );
});

Deno.test("every metric has a help text", async () => {
  const text = await metrics().render();
  const names = [...text.matchAll(/^# TYPE (\S+) (\w+)$/gm)].map(([, name]) => name);
  assertEquals(names.toSorted(), Object.values(INSTRUMENTS).map(({ name }) => name).toSorted());
  for (const name of names) assertMatch(text, new RegExp(`^# HELP ${name} \\w.+$`, "m"));
});

Deno.test("two services in one process do not share their counters", async () => {
  const [one, other] = [metrics(), metrics()];
  one.observeOutcome({ kind: "accepted" });
  assertEquals((await samples(other))["sluice_events_accepted_total"], 0);
  assertEquals((await samples(one))["sluice_events_accepted_total"], 1);
});
