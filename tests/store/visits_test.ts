import * as fc from "fast-check";
import type { Enriched } from "../../src/events/enrichment.ts";
import { splitIntoVisits } from "../../src/events/visits.ts";
import { createEnrichmentSink } from "../../src/store/enrichment_sink.ts";
import { createEventSink } from "../../src/store/event_sink.ts";
import { assert, assertEquals, assertLess } from "../support/assert.ts";
import { enrichedAt } from "../support/enrichment.ts";
import { newId } from "../support/ids.ts";
import { openTestPostgres } from "../support/postgres.ts";

const postgres = await openTestPostgres();
const { database } = postgres;
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

const events = createEventSink(database);
const sink = createEnrichmentSink(database, new Map());
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const START = Date.parse("2026-03-01T23:00:00.000Z");

/** Stores events of a session and returns them enriched. */
async function storeEvents(sessionId: string, times: readonly number[]): Promise<Enriched[]> {
  const made = times.map((ms) => enrichedAt(ms, { eventType: "page_viewed", sessionId }));
  const written = await events.write(made.map(({ line }) => line));
  assert(written.ok && written.stored === made.length);
  return made.map(({ enriched }) => enriched);
}

async function readVisits(id: string): Promise<[from: number, to: number, events: number][]> {
  const rows = await database.run((sql) =>
    sql<{ started_at: Date; last_seen_at: Date; event_count: string }[]>`
      select started_at, last_seen_at, event_count from session_visits
      where session_id = ${id} order by started_at
    `
  );
  return rows.map((row) => [
    row.started_at.getTime(),
    row.last_seen_at.getTime(),
    Number(row.event_count),
  ]);
}

async function readSession(id: string): Promise<[events: number, visits: number]> {
  const [row] = await database.run((sql) =>
    sql<{ event_count: string; visits: number }[]>`
      select event_count, visits from sessions where id = ${id}
    `
  );
  return [Number(row?.event_count), row?.visits ?? 0];
}

/** Adds a session with `count` events, `every` milliseconds apart, without the pipeline. */
async function insertSession(id: string, count: number, every: number): Promise<void> {
  const visits = splitIntoVisits(Array.from({ length: count }, (_, i) => START + i * every));
  const rows = visits.map(({ startedAt, lastSeenAt, events, midnight }) => ({
    started_at: new Date(startedAt),
    last_seen_at: new Date(lastSeenAt),
    event_count: events,
    day_last_at: midnight && new Date(midnight.lastBefore),
    next_day_at: midnight && new Date(midnight.firstAfter),
    day_events: midnight?.eventsBefore ?? null,
  }));
  await database.run((sql) =>
    sql`
      insert into session_visits
      select ${id}::uuid, started_at, last_seen_at, event_count, day_last_at, next_day_at, day_events
      from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) as v (
        started_at timestamptz, last_seen_at timestamptz, event_count bigint,
        day_last_at timestamptz, next_day_at timestamptz, day_events bigint
      )
    `
  );
  await database.run((sql) =>
    sql`
      insert into sessions (id, started_at, last_seen_at, event_count, visits)
      values (
        ${id}, ${new Date(START).toISOString()},
        ${new Date(START + (count - 1) * every).toISOString()}, ${count}, ${visits.length}
      )
    `
  );
}

Deno.test("7.11 visits and their number are the same in every order of arrival, and after every redelivery", async () => {
  const gap = fc.oneof(
    { weight: 9, arbitrary: fc.integer({ min: 0, max: 30 * MINUTE }) },
    { weight: 1, arbitrary: fc.constantFrom(31 * MINUTE, 10 * HOUR) },
  );
  const property = fc.asyncProperty(
    fc.array(gap, { minLength: 60, maxLength: 120, size: "max" }),
    fc.array(fc.nat(), { minLength: 121, maxLength: 121 }),
    async (gaps, ranks) => {
      let at = START;
      const times = [at, ...gaps.map((gap) => at += gap)];
      const id = newId();
      const stored = await storeEvents(id, times);
      const order = stored.map((event, i) => ({ event, rank: ranks[i] ?? 0 }))
        .sort((a, b) => a.rank - b.rank).map(({ event }) => event);
      for (let i = 0; i < order.length; i += 10) {
        await sink.write(order.slice(i, i + 10));
        await sink.write(order.slice(Math.max(0, i - 5), i + 5));
      }
      const expected = splitIntoVisits(times);
      assertEquals(
        await readVisits(id),
        expected.map((visit) => [visit.startedAt, visit.lastSeenAt, visit.events]),
      );
      assertEquals(await readSession(id), [times.length, expected.length]);
    },
  );
  await fc.assert(property, { numRuns: 15 });
});

Deno.test("7.11 a late event reads none of the events of its session", async () => {
  const id = newId();
  await sink.write(
    await storeEvents(id, Array.from({ length: 2_000 }, (_, i) => START + i * 1_000)),
  );
  // What cannot be read cannot be needed.
  await database.run((sql) => sql`delete from events where session_id = ${id}`);
  await sink.write(await storeEvents(id, [START + 500]));
  await sink.write(await storeEvents(id, [START - 20 * MINUTE, START + HOUR]));
  assertEquals(await readVisits(id), [[START - 20 * MINUTE, START + HOUR, 2_003]]);
  assertEquals(await readSession(id), [2_003, 1]);
});

Deno.test("late events of a session with a huge number of visits, or of a huge visit, cost what any do", async () => {
  const [small, visits, visit] = [newId(), newId(), newId()];
  await insertSession(small, 10, 31 * MINUTE);
  await insertSession(visits, 100_000, 31 * MINUTE);
  await insertSession(visit, 300_000, 1_000);
  await database.run((sql) => sql`analyze session_visits`);
  const before = [await readVisits(visits), await readVisits(visit)].map(({ length }) => length);
  const took = new Map<string, number>();
  for (const id of [small, small, visits, visit]) {
    const late = Array.from({ length: 50 }, (_, i) => START + 2 * HOUR + i * 3_000);
    const enriched = await storeEvents(id, late);
    const startedAt = performance.now();
    await sink.write(enriched);
    took.set(id, performance.now() - startedAt);
  }
  const limit = 10 * (took.get(small) ?? 0) + 50;
  assertLess(took.get(visits) ?? Infinity, limit);
  assertLess(took.get(visit) ?? Infinity, limit);
  assertEquals((await readVisits(visits)).length, (before[0] ?? 0) - 1, "two are joined");
  assertEquals(await readSession(visit), [300_050, before[1] ?? 0]);
});

Deno.test("a visit of an earlier version, with no events known around midnight, can be split", async () => {
  const id = newId();
  const [before, after] = [START, START + 22 * HOUR];
  await database.run(async (sql) => {
    await sql`
      insert into session_visits (session_id, started_at, last_seen_at, event_count, day_last_at,
        next_day_at, day_events)
      values (${id}, ${new Date(before).toISOString()}, ${new Date(after).toISOString()}, 100,
        '2026-03-01T23:59:59.999Z', '2026-03-02T00:00:00Z', 5)
    `;
    await sql`
      insert into sessions (id, started_at, last_seen_at, event_count) values (
        ${id}, ${new Date(before).toISOString()}, ${new Date(after).toISOString()}, 100
      )
    `;
  });
  await sink.write(
    await storeEvents(id, Array.from({ length: 6 }, (_, i) => after + i * 29 * MINUTE)),
  );
  assertEquals((await readVisits(id)).map(([, , events]) => events), [5, 101]);
  assertEquals(await readSession(id), [106, 2]);
});

Deno.test("7.11 events of the far past and future are counted like any other", async () => {
  for (const time of ["1000-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z"]) {
    const id = newId();
    const stored = await storeEvents(id, [Date.parse(time), Date.parse(time)]);
    for (const event of stored) await sink.write([event]);
    assertEquals(await readVisits(id), [[Date.parse(time), Date.parse(time), 2]]);
  }
});
