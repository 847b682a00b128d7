import type { TrackEventInput } from "../../src/events/types.ts";
import { createEventSink } from "../../src/store/event_sink.ts";
import { Database, type Sql } from "../../src/store/database.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { acceptedEvent, contextOf } from "../support/events.ts";
import { openTestPostgres } from "../support/postgres.ts";
import { newId } from "../support/ids.ts";

const postgres = await openTestPostgres();
const { database } = postgres;
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

const sink = createEventSink(database);
await database.run((sql) =>
  sql`alter table events add constraint no_poison check (event_type not like 'poison%')`
);

function line(input: TrackEventInput): string {
  return acceptedEvent(input).line;
}

/** Event types of a run, in order. */
async function typesOf(run: string): Promise<string[]> {
  const rows = await database.run((sql) =>
    sql<{ event_type: string }[]>`
      select event_type from events where props->>'run' = ${run} order by event_type
    `
  );
  return rows.map(({ event_type }) => event_type);
}

async function rowsOf(eventType: string): Promise<number> {
  const [row] = await database.run((sql) =>
    sql<[{ count: number }]>`
      select count(*)::integer as count from events where event_type = ${eventType}
    `
  );
  return row.count;
}

async function countedOf(eventType: string): Promise<number> {
  const [row] = await database.run((sql) =>
    sql<[{ count: number }]>`
      select sum(events)::integer as count from event_counts where event_type = ${eventType}
    `
  );
  return row.count;
}

/** Counts what fails. */
class WatchedDatabase extends Database {
  failures = 0;

  override async run<T>(work: (sql: Sql) => Promise<T>, deadlineMs?: number): Promise<T> {
    try {
      return await super.run(work, deadlineMs);
    } catch (error) {
      this.failures += 1;
      throw error;
    }
  }
}

Deno.test("7.1 an event becomes a row with every column as it was sent", async () => {
  const sent = acceptedEvent({
    eventType: "license_signed",
    source: "api",
    entityId: "ckv3x9d2a0000qzrmn831i7rn",
    entityType: "license",
    sessionId: "0190A0B0-1111-4222-8333-444455556666",
    idempotencyKey: newId(),
    props: { license_id: "l1", nested: { list: [1, 2.5, -0.001, null, true, "é 🦕"] } },
    attribution: { utmSource: "news", landingPage: "https://example.com/?utm_source=news" },
  }, {
    identity: { userId: "user_1", role: "CREATOR", creatorId: "creator_1", brandId: null },
    context: contextOf({ ip: "203.0.113.7", userAgent: "x" }),
  });
  const written = await sink.write([sent.line]);
  assertEquals(written, { ok: true, stored: 1, replays: [], dead: [] });
  const [row] = await database.run((sql) => sql`select * from events where id = ${sent.id}`);
  assert(row);
  const { occurred_at, received_at, stored_at, idempotency_key, ...others } = row;
  assert(occurred_at instanceof Date && received_at instanceof Date);
  assert(stored_at instanceof Date);
  assertMatch(String(idempotency_key), /^[0-9a-f-]{36}$/);
  assertEquals(others, {
    id: sent.id,
    event_type: "license_signed",
    known_event_type: true,
    source: "api",
    entity_type: "license",
    entity_id: "ckv3x9d2a0000qzrmn831i7rn",
    session_id: "0190a0b0-1111-4222-8333-444455556666",
    actor_id: "user_1",
    actor_type: "CREATOR",
    user_id: "user_1",
    creator_id: "creator_1",
    brand_id: null,
    user_role: "CREATOR",
    props: { license_id: "l1", nested: { list: [1, 2.5, -0.001, null, true, "é 🦕"] } },
    attribution: { utmSource: "news", landingPage: "https://example.com/?utm_source=news" },
  });
  assertEquals(sent.id[14], "7", "the id is a UUID version 7");
});

Deno.test("8.5 writing the same batch again changes nothing", async () => {
  const run = crypto.randomUUID();
  const lines = [
    line({ eventType: "a", props: { run } }),
    line({ eventType: "b", props: { run }, idempotencyKey: crypto.randomUUID() }),
  ];
  assertEquals(await sink.write(lines), { ok: true, stored: 2, replays: [], dead: [] });
  assertEquals(await sink.write(lines), { ok: true, stored: 0, replays: [], dead: [] });
  assertEquals(await typesOf(run), ["a", "b"]);
});

Deno.test("8.5 a batch of which some were written before makes rows of the others", async () => {
  const run = crypto.randomUUID();
  const lines = Array.from({ length: 9 }, (_, i) => {
    const event = { eventType: `e${i}`, props: { run } };
    return line(i % 2 ? { ...event, idempotencyKey: crypto.randomUUID() } : event);
  });
  assertEquals((await sink.write(lines.slice(3, 6))).ok, true);
  assertEquals(await sink.write(lines), { ok: true, stored: 6, replays: [], dead: [] });
  assertEquals((await typesOf(run)).length, 9);
  assertEquals(await countedOf("e4"), await rowsOf("e4"));
});

Deno.test("8.5 the same batch written by two flushers at once makes its rows once", async () => {
  const run = crypto.randomUUID();
  const lines = Array.from({ length: 200 }, (_, i) => {
    const event = { eventType: `e${i}`, props: { run } };
    return line(i % 2 ? { ...event, idempotencyKey: crypto.randomUUID() } : event);
  });
  const results = await Promise.all([sink.write(lines), sink.write(lines)]);
  for (const result of results) {
    assert(result.ok);
    assertEquals([result.replays, result.dead], [[], []]);
  }
  assertEquals((await typesOf(run)).length, 200);
});

Deno.test("5.4 a replay after the key expired in KV makes no second row", async () => {
  const run = crypto.randomUUID();
  const event = { eventType: "a", props: { run }, idempotencyKey: crypto.randomUUID() };
  const first = acceptedEvent(event);
  await sink.write([first.line]);
  const replay = acceptedEvent(event);
  assertEquals(await sink.write([replay.line, line({ eventType: "b", props: { run } })]), {
    ok: true,
    stored: 1,
    replays: [{
      eventId: replay.id,
      idempotencyKey: event.idempotencyKey,
      rowId: first.id,
    }],
    dead: [],
  });
  assertEquals(await typesOf(run), ["a", "b"]);
});

Deno.test("5.4 a replay months later, with another time, makes no second row", async () => {
  const run = crypto.randomUUID();
  const idempotencyKey = crypto.randomUUID();
  const long = () => Date.now() - 100 * 24 * 3_600_000;
  const event = { eventType: "a", props: { run }, idempotencyKey };
  const first = acceptedEvent(event, undefined, long);
  assertEquals(await sink.write([first.line]), { ok: true, stored: 1, replays: [], dead: [] });
  const occurred_at = new Date(Date.now() - 3_600_000).toISOString();
  const replay = acceptedEvent({ ...event, props: { run, occurred_at } });
  const replays = [{ eventId: replay.id, idempotencyKey, rowId: first.id }];
  assertEquals(await sink.write([replay.line]), { ok: true, stored: 0, replays, dead: [] });
  assertEquals(await typesOf(run), ["a"]);
});

Deno.test("5.4 5.7 events with one key, written by two flushers at once, make one row each", async () => {
  const run = crypto.randomUUID();
  const keys = Array.from({ length: 60 }, () => crypto.randomUUID());
  const batches = [1, 2].map((n) =>
    keys.map((idempotencyKey, i) =>
      line({ eventType: `k${i}`, props: i % 2 ? { run } : { run, n }, idempotencyKey })
    )
  );
  const results = await Promise.all(batches.map((lines) => sink.write(lines)));
  const sums = { stored: 0, replays: 0, dead: 0 };
  for (const written of results) {
    assert(written.ok, JSON.stringify(written));
    sums.stored += written.stored;
    sums.replays += written.replays.length;
    sums.dead += written.dead.length;
  }
  assertEquals(sums, { stored: 60, replays: 30, dead: 30 });
  assertEquals((await typesOf(run)).length, 60);
});

Deno.test("5.4 the same key twice in one batch makes one row", async () => {
  const run = crypto.randomUUID();
  const event = { eventType: "a", props: { run }, idempotencyKey: crypto.randomUUID() };
  const written = await sink.write([line(event), line(event)]);
  assert(written.ok);
  assertEquals([written.stored, written.replays.length], [1, 1]);
  assertEquals(await typesOf(run), ["a"]);
});

Deno.test("5.7 of events with one key in a batch the first makes the row", async () => {
  const run = crypto.randomUUID();
  const keys = Array.from({ length: 60 }, () => crypto.randomUUID());
  const eventsOf = (eventType: string) =>
    keys.map((idempotencyKey) => acceptedEvent({ eventType, props: { run }, idempotencyKey }));
  const [firsts, seconds] = [eventsOf("first"), eventsOf("second")];
  const written = await sink.write([...firsts, ...seconds].map(({ line }) => line));
  assert(written.ok);
  assertEquals(written.dead.map(({ eventId }) => eventId), seconds.map(({ id }) => id));
  assertEquals(await typesOf(run), firsts.map(() => "first"));
});

Deno.test("5.4 replays and conflicts of stored keys fail no statement, which Postgres would log", async () => {
  await using watched = new WatchedDatabase({ url: postgres.url, recycle: false });
  const watchedSink = createEventSink(watched);
  const run = crypto.randomUUID();
  const keyed = Array.from({ length: 3 }, (_, i) => ({
    eventType: `k${i}`,
    props: { run },
    idempotencyKey: crypto.randomUUID(),
  }));
  await watchedSink.write(keyed.map(line));
  const again = [...keyed, { ...keyed[1], eventType: "other" }, {
    eventType: "new",
    props: { run },
  }];
  const written = await watchedSink.write(again.map((event) => line(event as TrackEventInput)));
  assert(written.ok);
  assertEquals([written.stored, written.replays.length, written.dead.length], [1, 3, 1]);
  assertEquals(watched.failures, 0);
  // But an event that is a row does: only a crash repeats those.
  const repeated = [line({ eventType: "x", props: { run } })];
  await watchedSink.write(repeated);
  assertEquals(await watchedSink.write(repeated), { ok: true, stored: 0, replays: [], dead: [] });
  assertEquals(watched.failures, 1);
});

Deno.test("5.7 a different event under a stored idempotency key becomes a dead letter", async () => {
  const idempotencyKey = crypto.randomUUID();
  await sink.write([line({ eventType: "a", idempotencyKey })]);
  const conflicting = acceptedEvent({ eventType: "b", idempotencyKey });
  const written = await sink.write([conflicting.line]);
  assertEquals(written, {
    ok: true,
    stored: 0,
    replays: [],
    dead: [{ eventId: conflicting.id, idempotencyKey, rowId: null }],
  });
  const [deadLetter] = await database.run((sql) =>
    sql<{ reason: string }[]>`select reason from dead_letters where event_id = ${conflicting.id}`
  );
  assertStringIncludes(deadLetter?.reason ?? "", idempotencyKey);
});

Deno.test("7.3 7.5 events that Postgres rejects become dead letters, the others in the batch rows", async () => {
  const run = crypto.randomUUID();
  const types = Array.from({ length: 40 }, (_, i) => i % 13 === 5 ? `poison_${i}` : `fine_${i}`);
  const events = types.map((eventType) => acceptedEvent({ eventType, props: { run } }));
  const written = await sink.write(events.map(({ line }) => line));
  const poison = events.filter((_, i) => types[i]?.startsWith("poison"));
  assert(written.ok);
  assertEquals(written.stored, 40 - poison.length);
  assertEquals(written.dead.map(({ eventId }) => eventId), poison.map(({ id }) => id));
  assertEquals(await typesOf(run), types.filter((type) => type.startsWith("fine")).sort());
  const deadLetters = await database.run((sql) =>
    sql<{ event_id: string; sqlstate: string; reason: string; payload: string }[]>`
      select event_id, sqlstate, reason, payload from dead_letters
      where payload::jsonb->'props'->>'run' = ${run} order by event_id
    `
  );
  assertEquals(deadLetters.map(({ event_id }) => event_id), poison.map(({ id }) => id).sort());
  for (const { sqlstate, reason, payload } of deadLetters) {
    assertEquals(sqlstate, "23514");
    assertStringIncludes(reason, "no_poison");
    assert(!payload.includes("203.0.113.7"), "7.4 no IP address in Postgres");
  }
});

Deno.test("7.4 the IP address is nowhere in Postgres", async () => {
  const run = crypto.randomUUID();
  await sink.write([line({ eventType: "a", props: { run } })]);
  const [row] = await database.run((sql) =>
    sql<{ text: string }[]>`
      select (to_jsonb(e))::text as text from events e where props->>'run' = ${run}
    `
  );
  assert(row !== undefined && !row.text.includes("203.0.113.7"));
});

Deno.test("7.12 an event older than every partition is stored in the default one", async () => {
  const run = crypto.randomUUID();
  const old = Date.parse("2001-02-03T04:05:06.000Z");
  const { line } = acceptedEvent({ eventType: "old", props: { run } }, undefined, () => old);
  assertEquals(await sink.write([line]), { ok: true, stored: 1, replays: [], dead: [] });
  const [row] = await database.run((sql) =>
    sql<{ partition: string }[]>`
      select tableoid::regclass::text as partition from events where props->>'run' = ${run}
    `
  );
  assertEquals(row?.partition, "events_default");
});

Deno.test("8.6 while Postgres is unavailable nothing is lost: the batch has to be written again", async () => {
  await using unavailable = new Database({ url: "postgres://nobody:x@127.0.0.1:9/none" });
  const written = await createEventSink(unavailable).write([line({ eventType: "a" })]);
  assert(!written.ok);
  assertStringIncludes(written.reason, "ECONNREFUSED");
});

Deno.test("a missing table is not the data's fault: no dead letter", async () => {
  await database.run((sql) => sql`alter table events rename to events_away`);
  const written = await sink.write([line({ eventType: "a" })]);
  await database.run((sql) => sql`alter table events_away rename to events`);
  assert(!written.ok);
  assertStringIncludes(written.reason, "42P01");
});
