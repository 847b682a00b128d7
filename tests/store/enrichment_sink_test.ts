import type { Enriched, EntityTables } from "../../src/events/enrichment.ts";
import type { TrackEventInput } from "../../src/events/types.ts";
import { Database } from "../../src/store/database.ts";
import { createEnrichmentSink } from "../../src/store/enrichment_sink.ts";
import { createEventSink } from "../../src/store/event_sink.ts";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "../support/assert.ts";
import { enrichedAt } from "../support/enrichment.ts";
import { captureLogs } from "../support/logs.ts";
import { openTestPostgres } from "../support/postgres.ts";
import { newId } from "../support/ids.ts";

const postgres = await openTestPostgres();
const { database } = postgres;
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

const events = createEventSink(database);
const sink = createEnrichmentSink(database, new Map());
const MINUTE = 60_000;
const NOON = Date.parse("2026-03-01T12:00:00.000Z");

type Facts = Parameters<typeof enrichedAt>[2];

/** Stores events of one session, at minutes past noon, and returns them enriched. */
async function storeEvents(
  sessionId: string,
  specs: readonly (readonly [minute: number, input?: Partial<TrackEventInput>, facts?: Facts])[],
): Promise<Enriched[]> {
  const made = specs.map(([minute, input, facts]) =>
    enrichedAt(NOON + minute * MINUTE, { eventType: "page_viewed", sessionId, ...input }, facts)
  );
  const written = await events.write(made.map(({ line }) => line));
  assert(written.ok && written.stored === made.length);
  return made.map(({ enriched }) => enriched);
}

async function readSession(id: string) {
  const [row] = await database.run((sql) => sql`select * from sessions where id = ${id}`);
  return row;
}

async function readVisits(id: string): Promise<[number, number, number][]> {
  const rows = await database.run((sql) =>
    sql<{ started_at: Date; last_seen_at: Date; event_count: string }[]>`
      select started_at, last_seen_at, event_count from session_visits
      where session_id = ${id} order by started_at
    `
  );
  const minute = (date: Date) => (date.getTime() - NOON) / MINUTE;
  return rows.map((
    row,
  ) => [minute(row.started_at), minute(row.last_seen_at), Number(row.event_count)]);
}

Deno.test("7.2 a session has its first and last event, entry page, first attribution and visitor", async () => {
  const id = newId();
  const spring = { utmSource: "news", utmCampaign: "spring" };
  await sink.write(
    await storeEvents(id, [
      [0, { attribution: { landingPage: "https://shop.example/a" } }, {
        browser: "Firefox",
        country: "DE",
      }],
      [5, { props: { url: "https://shop.example/b" }, attribution: spring }],
      [9, {}],
    ]),
  );
  const session = await readSession(id);
  assert(session);
  assertEquals(session["started_at"], new Date(NOON));
  assertEquals(session["last_seen_at"], new Date(NOON + 9 * MINUTE));
  assertEquals(
    [session["event_count"], session["entry_url"], session["browser"], session["country"]],
    ["3", "https://shop.example/a", "Firefox", "DE"],
  );
  assertEquals(session["first_attribution"], { landingPage: "https://shop.example/a" });
});

Deno.test("7.11 a session is the same whatever the order in which its events arrive", async () => {
  const specs = [
    [0, { attribution: { landingPage: "https://shop.example/first" } }],
    [20],
    [45],
    [100, { attribution: { utmSource: "late" } }],
    [110],
    [1_700],
  ] as const;
  const orders = [[0, 1, 2, 3, 4, 5], [5, 4, 3, 2, 1, 0], [3, 0, 5, 1, 4, 2], [0, 2, 1, 5, 3, 4]];
  for (const order of orders) {
    const id = newId();
    const enriched = await storeEvents(id, specs);
    for (const i of order) await sink.write(enriched.slice(i, i + 1));
    const session = await readSession(id);
    assertEquals(
      [
        session?.["event_count"],
        session?.["visits"],
        session?.["entry_url"],
        session?.["started_at"],
      ],
      ["6", 3, "https://shop.example/first", new Date(NOON)],
      String(order),
    );
    assertEquals(
      await readVisits(id),
      [[0, 45, 3], [100, 110, 2], [1_700, 1_700, 1]],
      String(order),
    );
  }
});

Deno.test("the browser and user of a session do not depend on the order of arrival", async () => {
  const specs = [
    [0, {}, { browser: "Googlebot", is_bot: true, country: "US" }],
    [1, {}, { browser: "Firefox", country: "DE" }],
    [2, {}, { browser: "Edge", country: "IT" }],
  ] as const;
  for (const order of [[0, 1, 2], [2, 1, 0], [1, 2, 0], [2, 0, 1]]) {
    const id = newId();
    const enriched = await storeEvents(id, specs);
    for (const i of order) await sink.write(enriched.slice(i, i + 1));
    const session = await readSession(id);
    assertEquals([session?.["browser"], session?.["country"]], ["Firefox", "DE"], String(order));
  }
});

Deno.test("the same event twice in one batch counts once", async () => {
  const id = newId();
  const enriched = await storeEvents(id, [[0], [1]]);
  await sink.write([...enriched, ...enriched]);
  assertEquals((await readSession(id))?.["event_count"], "2");
});

Deno.test("a late event joins the two visits around it", async () => {
  const id = newId();
  const [first, between, last] = await storeEvents(id, [[0], [25], [50]]);
  assert(first && between && last);
  await sink.write([first]);
  await sink.write([last]);
  assertEquals(await readVisits(id), [[0, 0, 1], [50, 50, 1]]);
  await sink.write([between]);
  assertEquals(await readVisits(id), [[0, 50, 3]]);
  assertEquals((await readSession(id))?.["visits"], 1);
});

Deno.test("a batch reads only the sessions and visits it needs, even with plans made on small tables", async () => {
  await using own = await openTestPostgres(); // statistics that no other test changes
  await using alone = new Database({ url: own.url, maxConnections: 1, recycle: false });
  const scannedSoFar = () =>
    alone.run(async (sql) => {
      await sql`select pg_stat_force_next_flush()`;
      const [row] = await sql<[{ scanned: number }]>`
        select sum(seq_tup_read)::integer as scanned from pg_stat_user_tables
        where relname in ('sessions', 'session_visits')
      `;
      return row.scanned;
    });
  const write = async (count: number) => {
    const made = Array.from(
      { length: count },
      () => enrichedAt(NOON, { eventType: "page_viewed", sessionId: newId() }),
    );
    await createEventSink(alone).write(made.map(({ line }) => line));
    await createEnrichmentSink(alone, new Map()).write(made.map(({ enriched }) => enriched));
  };
  for (let i = 0; i < 10; i++) await write(200); // plans are generic by then
  await alone.run((sql) =>
    sql`
      with many as (
        insert into sessions (id, started_at, last_seen_at)
        select gen_random_uuid(), now(), now() from generate_series(1, 20000) returning id
      )
      insert into session_visits (session_id, started_at, last_seen_at, event_count)
      select id, now(), now(), 1 from many
    `
  );
  const before = await scannedSoFar();
  await write(200);
  assertEquals(await scannedSoFar() - before, 0);
  await alone.run((sql) => sql`select max(country) from sessions`);
  assertEquals(await scannedSoFar() - before, 22_200, "the counter counts scans");
});

Deno.test("7.8 7.11 events delivered three times, concurrently and in any order, count once", async () => {
  const id = newId();
  const enriched = await storeEvents(id, Array.from({ length: 30 }, (_, i) => [i] as const));
  const batches = [enriched.slice(0, 10), enriched.slice(10, 25), enriched.slice(25), enriched];
  const deliveries = [...batches, ...batches.toReversed(), ...batches];
  await Promise.all(deliveries.map((batch) => sink.write(batch)));
  const session = await readSession(id);
  assertEquals([session?.["event_count"], session?.["visits"]], ["30", 1]);
  assertEquals(await readVisits(id), [[0, 29, 30]]);
  const [row] = await database.run((sql) =>
    sql<{ count: number }[]>`
      select count(*)::integer as count from enriched_events
      where session_id = ${id} and enriched_at is not null
    `
  );
  assertEquals(row?.count, 30);
});

Deno.test("concurrent batches with many sessions end with the right counts and no deadlock", async () => {
  const ids = Array.from({ length: 20 }, () => newId());
  const all = (await Promise.all(ids.map((id) => storeEvents(id, [[0], [1], [2], [3]])))).flat();
  const shuffled = all.map((event, i) => ({ event, at: (i * 7919) % all.length }))
    .toSorted((a, b) => a.at - b.at).map(({ event }) => event);
  const batches = Array.from({ length: 8 }, (_, i) => shuffled.slice(i * 10, i * 10 + 10));
  await Promise.all([...batches, ...batches].map((batch) => sink.write(batch)));
  for (const id of ids) assertEquals((await readSession(id))?.["event_count"], "4");
});

Deno.test("7.4 an enrichment stores the request context without the IP address", async () => {
  const id = newId();
  await sink.write(await storeEvents(id, [[0]]));
  const [row] = await database.run((sql) =>
    sql<{ text: string }[]>`
      select to_jsonb(n)::text as text from event_enrichments n
      join events e on e.id = n.event_id where e.session_id = ${id}
    `
  );
  assertStringIncludes(row?.text ?? "", "Mozilla/5.0 (test)");
  assert(row !== undefined && !row.text.includes("203.0.113.7"));
});

Deno.test("an event that cannot be enriched becomes a dead letter and does not delay the others", async () => {
  const id = newId();
  await database.run((sql) =>
    sql`alter table event_enrichments add constraint no_poison check (browser <> 'poison')`
  );
  const enriched = await storeEvents(id, [[0], [1, {}, { browser: "poison" }], [2]]);
  await sink.write(enriched);
  await database.run((sql) => sql`alter table event_enrichments drop constraint no_poison`);
  assertEquals((await readSession(id))?.["event_count"], "2");
  const [deadLetter] = await database.run((sql) =>
    sql<{ step: string; reason: string }[]>`
      select step, reason from dead_letters where event_id = ${enriched[1]?.row.id ?? ""}
    `
  );
  assertEquals(deadLetter?.step, "enrichment");
  assertStringIncludes(deadLetter?.reason ?? "", "no_poison");
});

Deno.test("an event whose session is rejected becomes a dead letter, with that reason", async () => {
  const [good, bad] = [newId(), newId()];
  const trigger = `refuse_${bad.replaceAll("-", "")}`;
  await database.run((sql) =>
    sql.unsafe(`
      create function ${trigger}() returns trigger language plpgsql as $$
      begin raise exception 'no such session' using errcode = '22023'; end $$;
      create trigger ${trigger} before insert on sessions for each row
        when (new.id = '${bad}') execute function ${trigger}();
    `)
  );
  const [other, refused] = [...await storeEvents(good, [[0]]), ...await storeEvents(bad, [[0]])];
  assert(other !== undefined && refused !== undefined);
  await sink.write([other, refused]);
  const deadLetters = await database.run((sql) =>
    sql`select step, reason, sqlstate from dead_letters where event_id = ${refused.row.id}`
  );
  assertEquals(deadLetters.map((row) => ({ ...row })), [
    { step: "enrichment", reason: "no such session", sqlstate: "22023" },
  ]);
  assertEquals(await readVisits(good), [[0, 0, 1]]);
  await database.run((sql) => sql.unsafe(`drop function ${trigger} cascade`));
});

Deno.test("while Postgres is unavailable the sink throws, so that the record stays", async () => {
  const enriched = await storeEvents(newId(), [[0]]);
  await using unavailable = new Database({ url: "postgres://nobody:x@127.0.0.1:9/none" });
  await assertRejects(() => createEnrichmentSink(unavailable, new Map()).write(enriched), Error);
});

Deno.test("4.5 entities are found, missing, unchecked or none; a missing table is logged once", async () => {
  await using logs = await captureLogs();
  const here = "ckv3x9d2a0000qzrmn831i7rn";
  const gone = "ckv3x9d2a0001qzrmn831i7rn";
  await database.run((sql) => sql`create table assets (id text primary key)`);
  await database.run((sql) => sql`insert into assets values (${here})`);
  const tables: EntityTables = new Map([
    ["asset", ["public", "assets", "id"] as const],
    ["license", ["public", "licenses", "id"] as const],
  ]);
  const checking = createEnrichmentSink(database, tables);
  const id = newId();
  const enriched = await storeEvents(id, [
    [0, { entityType: "asset", entityId: here }],
    [1, { entityType: "asset", entityId: gone }],
    [2, { entityType: "license", entityId: here }],
    [3, { entityType: "post", entityId: here }],
    [4],
  ]);
  for (const event of enriched) await checking.write([event]);
  await checking.write(
    await storeEvents(newId(), [[0, { entityType: "license", entityId: here }]]),
  );
  const rows = await database.run((sql) =>
    sql<{ entity_status: string }[]>`
      select entity_status from enriched_events where session_id = ${id} order by occurred_at
    `
  );
  assertEquals(
    rows.map(({ entity_status }) => entity_status),
    ["found", "missing", "unchecked", "unchecked", "none"],
  );
  assertEquals(logs.records.length, 1);
});

Deno.test("7.13 event_counts counts inserted rows by minute, type and source", async () => {
  const eventType = `counted_${newId()}`;
  const lines = [0, 0.5, 1, 1.2, 1.9].map((minute, i) =>
    enrichedAt(NOON + minute * MINUTE, {
      eventType,
      source: i === 4 ? "api" : "web",
      idempotencyKey: crypto.randomUUID(),
    }).line
  );
  await events.write(lines.slice(0, 3));
  await events.write(lines);
  await events.write(lines);
  const rows = await database.run((sql) =>
    sql<{ minute: Date; source: string; events: string }[]>`
      select minute, source, events from event_counts where event_type = ${eventType} order by 1, 2
    `
  );
  assertEquals(rows.map(({ minute, source, events }) => [minute.getTime(), source, events]), [
    [NOON, "web", "2"],
    [NOON + MINUTE, "api", "1"],
    [NOON + MINUTE, "web", "2"],
  ]);
});
