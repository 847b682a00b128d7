/** The system clock is set forward and back by an hour while the service runs; the ends of months. */

import { openTestApp, SECRET, type TestApp } from "../support/app.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { startReconciliation } from "../support/reconciliation.ts";
import { FakeClock } from "../support/clock.ts";
import { openTestPostgres } from "../support/postgres.ts";
import { forceFlush } from "../support/server.ts";
import { until } from "../support/until.ts";
import { mintToken } from "../../src/auth/token.ts";
import { FLUSH_LEASE } from "../../src/kv/keys.ts";
import { makePartitions } from "../../src/store/partitions.ts";

const postgres = await openTestPostgres();
const { database } = postgres;
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

const HOUR = 3_600_000;

function openAt(clock: FakeClock, environment: Record<string, string> = {}): Promise<TestApp> {
  return openTestApp(database, { environment, parts: (parts) => ({ ...parts, clock }) });
}

async function track(app: TestApp, event: object): Promise<{ status: number; replayed: boolean }> {
  const response = await app.post("/v1/events", event);
  await response.body?.cancel();
  return { status: response.status, replayed: response.headers.has("idempotent-replayed") };
}

/** Forces a flush as an admin with a token that is valid now. */
function flush(app: TestApp, clock: FakeClock): ReturnType<typeof forceFlush> {
  const claims = { sub: "admin", role: "ADMIN", expiresInSeconds: 600 };
  return forceFlush({ post: app.post, token: () => mintToken(SECRET, claims, clock.now()) });
}

async function rowsOf(eventType: string): Promise<{ occurred_at: Date; place: string }[]> {
  return [
    ...await database.run((sql) =>
      sql<{ occurred_at: Date; place: string }[]>`
      select occurred_at, tableoid::regclass::text as place from events
      where event_type = ${eventType} order by occurred_at, id
    `
    ),
  ];
}

for (const [name, jump] of [["back", -HOUR], ["forward", HOUR]] as const) {
  Deno.test(`8.7 clock set ${name} by an hour under load: nothing is lost, duplicated or left in the buffer`, async () => {
    const clock = new FakeClock(Date.now());
    await using app = await openAt(clock);
    const reconciliation = await startReconciliation(app, database);
    const run = `jump_${crypto.randomUUID()}`;
    let sent = 0;
    for (let jumps = 0; jumps < 6; jumps++) {
      await Promise.all(Array.from({ length: 40 }, async () => {
        const n = sent++;
        const response = await track(app, {
          eventType: run,
          idempotencyKey: crypto.randomUUID(),
          props: { n },
        });
        assertEquals(response.status, 200);
      }));
      clock.jump(jumps % 2 === 0 ? jump : -jump);
      await clock.advance(1_000);
    }
    assertEquals(await clock.during(reconciliation.finish()), sent);
    assertEquals((await rowsOf(run)).length, sent);
  });

  Deno.test(`8.7 clock set ${name} by an hour: the batch timer is not affected`, async () => {
    const clock = new FakeClock(Date.now());
    await using app = await openAt(clock, { BATCH_TIMEOUT_MS: "10000" });
    const run = `timer_${crypto.randomUUID()}`;
    await track(app, { eventType: run });
    clock.jump(jump);
    await clock.advance(9_999);
    assertEquals((await rowsOf(run)).length, 0);
    await clock.advance(1);
    await until(async () => (await rowsOf(run)).length === 1, "the row");
  });

  Deno.test(`8.7 clock set ${name} by an hour: the lease of a dead process does not block a flush`, async () => {
    const clock = new FakeClock(Date.now());
    await using app = await openAt(clock);
    const run = `lease_${crypto.randomUUID()}`;
    await track(app, { eventType: run });
    await app.kv.set(FLUSH_LEASE, { owner: "dead", expiresAt: clock.now() + 5_000 });
    clock.jump(jump);
    assertEquals(await flush(app, clock), { flushed: true, message: "Flushed 1 events" });
    assertEquals((await rowsOf(run)).length, 1);
  });

  Deno.test(`5.4 clock set ${name} by an hour: an idempotency key still makes one row`, async () => {
    const clock = new FakeClock(Date.now());
    await using app = await openAt(clock);
    const event = { eventType: `key_${crypto.randomUUID()}`, idempotencyKey: crypto.randomUUID() };
    assertEquals(await track(app, event), { status: 200, replayed: false });
    await flush(app, clock);
    clock.jump(jump);
    // If set forward, KV has forgotten the key, but Postgres has not.
    assertEquals(await track(app, event), { status: 200, replayed: jump < 0 });
    await flush(app, clock);
    assertEquals((await rowsOf(event.eventType)).length, 1);
  });
}

Deno.test("5.1 5.6 a fingerprint expires by the clock: early if it is set forward, late if it is set back", async () => {
  const clock = new FakeClock(Date.now());
  await using app = await openAt(clock);
  const occurred_at = clock.now() - 2 * HOUR;
  const event = { eventType: `print_${crypto.randomUUID()}`, props: { occurred_at } };
  await track(app, event);
  clock.jump(-HOUR);
  await track(app, event); // longer than the TTL, but never a row too many
  await clock.advance(61_000);
  await track(app, event);
  clock.jump(HOUR);
  await track(app, event);
  // The timer's flush may be gathering events, on this clock.
  await clock.during(flush(app, clock));
  assertEquals((await rowsOf(event.eventType)).length, 2);
});

Deno.test("4.3 occurred_at is checked against the current clock", async () => {
  const clock = new FakeClock(Date.now());
  await using app = await openAt(clock);
  const event = (n: number) => ({
    eventType: `at_${n}`,
    props: { occurred_at: clock.now() - 1_000 },
  });
  const before = event(1);
  assertEquals((await track(app, before)).status, 200);
  clock.jump(-HOUR);
  assertEquals(
    (await track(app, { ...before, eventType: "at_2" })).status,
    412,
    "in the future now",
  );
  assertEquals((await track(app, event(3))).status, 200);
  clock.jump(2 * HOUR);
  assertEquals((await track(app, event(4))).status, 200);
});

const ENDS: readonly (readonly [string, string])[] = [
  ["2031-12-31T23:59:59.999Z", "events_2031_12"],
  ["2032-01-01T00:00:00.000Z", "events_2032_01"],
  ["2032-02-29T23:59:59.999Z", "events_2032_02"],
  ["2032-03-01T00:00:00.000Z", "events_2032_03"],
  ["2033-02-28T23:59:59.999Z", "events_2033_02"],
  ["2033-03-31T23:59:59.999Z", "events_2033_03"],
];

for (const [at, place] of ENDS) {
  Deno.test(`7.12 an event of ${at} is stored in ${place}, and one 30 days older in its own month`, async () => {
    const clock = new FakeClock(Date.parse(at));
    await using app = await openAt(clock);
    await database.run((sql) => makePartitions(sql, new Date(at)));
    const run = `end_${crypto.randomUUID()}`;
    const oldest = clock.now() - 30 * 24 * HOUR;
    assertEquals((await track(app, { eventType: run })).status, 200);
    assertEquals(
      (await track(app, { eventType: run, props: { occurred_at: oldest } })).status,
      200,
    );
    assertEquals(
      (await track(app, { eventType: run, props: { occurred_at: oldest - 1 } })).status,
      412,
    );
    await flush(app, clock);
    const rows = await rowsOf(run);
    const month = new Date(oldest).toISOString().slice(0, 7).replace("-", "_");
    assertEquals(rows.map(({ occurred_at, place }) => [occurred_at.getTime(), place]), [
      [oldest, `events_${month}`],
      [clock.now(), place],
    ]);
  });
}

Deno.test("7.12 across the end of a month partitions are created, and events are kept without one until then", async () => {
  const clock = new FakeClock(Date.parse("2036-02-29T23:59:59.500Z"));
  await using app = await openAt(clock);
  const run = `over_${crypto.randomUUID()}`;
  await track(app, { eventType: run });
  await clock.advance(1_000);
  await track(app, { eventType: run });
  await flush(app, clock);
  const places = async () => (await rowsOf(run)).map(({ place }) => place);
  assertEquals(await places(), ["events_default", "events_default"]);
  await app.app.everyMinute();
  assertEquals(await places(), ["events_2036_02", "events_2036_03"]);
  assert((await rowsOf(run))[1]?.occurred_at.toISOString().startsWith("2036-03-01T00:00:00.5"));
});
