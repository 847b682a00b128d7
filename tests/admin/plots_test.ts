import { PipelineCounts } from "../../src/admin/pipeline_counts.ts";
import { readTimeseries } from "../../src/admin/timeseries.ts";
import { createEnrichmentSink } from "../../src/store/enrichment_sink.ts";
import { createEventSink } from "../../src/store/event_sink.ts";
import { FIRST_PAGE, readPage, updateEnrichments } from "../../src/store/reenrich.ts";
import type { Sql } from "../../src/store/database.ts";
import { assert, assertEquals, assertGreater, assertLessOrEqual } from "../support/assert.ts";
import { FakeClock } from "../support/clock.ts";
import { enrichedAt, NO_FACTS } from "../support/enrichment.ts";
import { openClosedDatabase } from "../support/server.ts";
import { openTestPostgres } from "../support/postgres.ts";

const postgres = await openTestPostgres();
const { database } = postgres;
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Stores and enriches events of a type, one at each of these times. */
async function store(type: string, moments: readonly number[], facts: object = {}) {
  const made = moments.map((ms, i) =>
    enrichedAt(ms, { eventType: type, props: { i, r: crypto.randomUUID() } }, facts)
  );
  const written = await createEventSink(database).write(made.map(({ line }) => line));
  assert(written.ok && written.stored === moments.length);
  await createEnrichmentSink(database, new Map()).write(made.map(({ enriched }) => enriched));
}

/** The total of each series by name. */
function totals({ series }: Awaited<ReturnType<typeof readTimeseries>>): Record<string, number> {
  return Object.fromEntries(
    series.map(({ name, values }) => [name, values.reduce<number>((a, b) => a + (b ?? 0), 0)]),
  );
}

Deno.test("9.11 a plot has every step of its range, and counts each event in its step", async () => {
  const clock = new FakeClock(Date.parse("2026-05-10T12:34:56Z"));
  const now = clock.now();
  await store("recent", [now, now - MINUTE, now - MINUTE, now - 59 * MINUTE]);
  await store("older", [now - 61 * MINUTE, now - 23 * HOUR]);
  await store("oldest", [now - 26 * HOUR, now - 29 * 24 * HOUR]);
  const plot = (range: "hour" | "day" | "month") =>
    readTimeseries({ database, clock }, { measure: "type", range });
  const hour = await plot("hour");
  assertEquals([hour.times.length, hour.stepSeconds, hour.unit], [60, 60, "events"]);
  assertEquals(hour.times.at(-1), Date.parse("2026-05-10T12:34:00Z") / 1000);
  assertEquals(totals(hour), { recent: 4 });
  assertEquals(hour.series[0]?.values.slice(-3), [0, 2, 1]);
  assertEquals(hour.series[0]?.values[0], 1);
  assertEquals(totals(await plot("day")), { recent: 4, older: 2 });
  assertEquals(totals(await plot("month")), { recent: 4, older: 2, oldest: 2 });
  for (const range of ["day", "month"] as const) {
    const { times, stepSeconds } = await plot(range);
    assert(times.every((time, i) => i === 0 || time - (times[i - 1] ?? 0) === stepSeconds));
    assertLessOrEqual(times.at(-1), now / 1000);
    assertGreater((times.at(-1) ?? 0) + stepSeconds, now / 1000);
  }
});

Deno.test("9.11 the largest labels have series of their own, the rest is summed as `other`", async () => {
  const clock = new FakeClock(Date.parse("2026-06-10T12:00:00Z"));
  for (let i = 1; i <= 12; i++) await store(`t${i}`, Array(i).fill(clock.now()));
  const plot = await readTimeseries({ database, clock }, { measure: "type", range: "hour" });
  assertEquals(totals(plot), { t12: 12, t11: 11, t10: 10, t9: 9, t8: 8, t7: 7, t6: 6, other: 15 });
});

Deno.test("7.13 channel, device and country are counted once and corrected when events are enriched again", async () => {
  const clock = new FakeClock(Date.parse("2026-07-10T12:00:00Z"));
  const facts = { channel: "email", device_type: "mobile", country: "FR" } as const;
  await store("x", [clock.now(), clock.now()], facts);
  await store("y", [clock.now()], { country: "DE" });
  const plot = async (measure: "channel" | "device" | "country") =>
    totals(await readTimeseries({ database, clock }, { measure, range: "hour" }));
  assertEquals(await plot("channel"), { email: 2, "": 1 });
  assertEquals(await plot("device"), { mobile: 2, "": 1 });
  assertEquals(await plot("country"), { FR: 2, DE: 1 });

  const selection = { since: new Date(clock.now()), before: new Date("2099-01-01"), all: true };
  const page = await database.run((sql) => readPage(sql, selection, FIRST_PAGE, 10));
  const updated = page.map((event) => ({
    ...event,
    facts: { ...NO_FACTS, channel: "direct" as const },
  }));
  for (let twice = 0; twice < 2; twice++) {
    await database.run((sql) =>
      sql.begin((tx) => updateEnrichments(tx as unknown as Sql, updated, () => "none"))
    );
  }
  assertEquals(await plot("channel"), { direct: 3 });
  assertEquals(await plot("country"), { FR: 2, DE: 1 }, "the country stays");
});

Deno.test("7.13 duplicates, rejections and flushes of all processes are counted per minute", async () => {
  const clock = new FakeClock(Date.parse("2026-08-10T12:00:00Z"));
  const processes = [0, 1].map(() => new PipelineCounts({ clock, database }));
  for (const counts of processes) {
    counts.add("duplicates", "fingerprint", 2);
    counts.add("rejected", "invalid");
    counts.addFlush(100);
    await counts.write();
    await counts.write();
  }
  const plot = (measure: "duplicates" | "rejected" | "flush") =>
    readTimeseries({ database, clock }, { measure, range: "hour" });
  assertEquals(totals(await plot("duplicates")), { fingerprint: 4 });
  assertEquals(totals(await plot("rejected")), { invalid: 2 });
  const flush = await plot("flush");
  assertEquals([flush.unit, flush.series.map(({ name }) => name)], ["ms", ["p50", "p99"]]);
  const last = flush.series[0]?.values.at(-1) ?? 0;
  assert(last > 66 && last < 150, `${last} ms`);
  assertEquals(flush.series[0]?.values.at(-2), null);
});

Deno.test("counts are kept while Postgres is unavailable", async () => {
  const clock = new FakeClock(Date.parse("2026-09-10T12:00:00Z"));
  const closed = openClosedDatabase();
  let isUp = false;
  const counts = new PipelineCounts({
    clock,
    database: { run: (work, ms) => (isUp ? database : closed).run(work, ms) },
  });
  counts.add("rejected", "invalid", 3);
  await counts.write();
  isUp = true;
  await counts.write();
  const plot = await readTimeseries({ database, clock }, { measure: "rejected", range: "hour" });
  assertEquals(totals(plot), { invalid: 3 });
});
