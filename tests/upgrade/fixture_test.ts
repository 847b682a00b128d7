/** What former releases left in KV and database, opened by this code. */

import {
  type KvLimits,
  LOCAL_LIMITS,
  MANAGED_LIMITS,
  POSTGRES_LIMITS,
} from "../../src/kv/limits.ts";
import { countBuffered, COUNTERS, readBalance } from "../../src/kv/counter.ts";
import { counterKey, outboxPrefix, setAsideKey } from "../../src/kv/keys.ts";
import { listSetAside, putBack } from "../../src/kv/set_aside.ts";
import { ENRICHMENT } from "../../src/enrichment/consumer.ts";
import type { Database } from "../../src/store/database.ts";
import { COLUMNS } from "../../src/events/line.ts";
import { adminClient } from "../support/admin.ts";
import { openTestApp, type TestApp } from "../support/app.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { newId } from "../support/ids.ts";
import { keysUnder, type TestKv } from "../support/kv.ts";
import { openEmptyDatabase } from "../support/postgres.ts";
import { makePostgresKv, openKvServer } from "../support/postgres_kv.ts";
import { createRestingReconcile } from "../support/reconciliation.ts";
import { until } from "../support/until.ts";
import {
  clockOf,
  type Fixture,
  openDatabase,
  openFixtureKv,
  openPostgresFixtureKv,
  PLACES,
  readFixtures,
} from "./fixtures.ts";
import { familiesOfModule, listKinds } from "./kinds.ts";
import { canDumpSql, dumpSql } from "./postgres_kv_text.ts";
import {
  invert,
  type Place,
  playScenario,
  sendEvent,
  type Sent,
  type SentEvent,
} from "./scenario.ts";

const place = await openEmptyDatabase();
const kvPlace = await makePostgresKv();
Deno.test.afterAll(async () => {
  await kvPlace[Symbol.asyncDispose]();
  await place[Symbol.asyncDispose]();
});

interface KvOfPlace {
  /** For the names of tests. */
  readonly where: string;
  readonly limits: KvLimits;
  readonly open: (kv: Pick<Fixture, "kv" | "sent">, expiring: "kept" | "gone") => Promise<TestKv>;
}

const KVS: Readonly<Record<Place, KvOfPlace>> = {
  file: { where: "", limits: LOCAL_LIMITS, open: openFixtureKv },
  postgres: {
    where: " in PostgreSQL",
    limits: POSTGRES_LIMITS,
    open: (kv, expiring) => openPostgresFixtureKv(kvPlace.path, kv, expiring),
  },
};

/** Puts back what was set aside, repaired. */
async function repair(kv: Deno.Kv): Promise<void> {
  for await (const { source, id } of listSetAside(kv)) {
    const { value } = await kv.get<Uint8Array>(setAsideKey(source, id));
    assert(value !== null);
    assert(await putBack(kv, { source, id }, { values: [invert(value)], newId }));
  }
}

/** Replays the two dead letters that were not. */
async function replayDeadLetters(app: TestApp): Promise<void> {
  const { admin } = adminClient(app);
  const { deadLetters } = await admin.deadLetters.list.query({});
  const { results } = await admin.deadLetters.replay.mutate({
    deadLetters: deadLetters.map(({ eventId }) => ({ eventId })),
  });
  assertEquals(results.map(({ result }) => result), ["replayed", "replayed"]);
}

/** Flushes and enriches everything. */
async function finish({ app, kv }: TestApp): Promise<void> {
  await until(async () => {
    await app.everyMinute();
    return await countBuffered(kv) === 0;
  }, "an empty buffer");
  await app.start();
  await until(
    async () => (await keysUnder(kv, ...outboxPrefix(ENRICHMENT))).length === 0,
    "enrichment",
  );
}

/** Checks that each event is one row, that each row is enriched, and that the equations hold. */
async function assertOnce(
  { kv }: TestApp,
  database: Database,
  events: readonly SentEvent[],
): Promise<void> {
  const rows = await database.run((sql) =>
    sql<{ n: string; enriched: boolean }[]>`
      select props->>'n' as n, enriched_at is not null as enriched from enriched_events order by n
    `
  );
  const expected = events.map(({ props: { n } }) => ({ n, enriched: true }));
  assertEquals([...rows].map((row) => ({ ...row })), expected.sort((a, b) => a.n < b.n ? -1 : 1));
  const { differences } = await createRestingReconcile(kv, database)();
  assertEquals(differences, { received: 0, accepted: 0, rows: 0 });
}

/** Sends an event again, the first with the API key. @returns whether it is a replay */
async function sendAgain(app: TestApp, event: SentEvent, sent: Sent): Promise<boolean> {
  const headers = event === sent.events[0] ? { authorization: `Bearer ${sent.apiKey}` } : {};
  const response = await sendEvent(app, event, headers);
  const { tracked } = await response.json();
  assertEquals([response.status, tracked], [200, true], event.props.n);
  return response.headers.get("idempotent-replayed") === "true";
}

async function assertReady(app: TestApp): Promise<void> {
  const { kv, postgres } = await (await app.get("/readyz")).json();
  assertEquals({ kv, postgres }, { kv: "ok", postgres: "ok" });
}

async function openApp(fixture: Fixture, options: {
  readonly database: Database;
  readonly limits?: KvLimits;
  readonly expiring: "kept" | "gone";
}): Promise<TestApp> {
  const kvOfPlace = KVS[fixture.place];
  const { database, limits = kvOfPlace.limits, expiring } = options;
  return await openTestApp(database, {
    environment: { BATCH_SIZE: "10000", BATCH_TIMEOUT_MS: "600000", TRUST_PROXY: "1" },
    openKv: () => kvOfPlace.open(fixture, expiring),
    parts: (parts) => ({
      ...parts,
      kvLimits: limits,
      ...(expiring === "kept" ? { clock: clockOf(fixture) } : {}),
    }),
  });
}

const fixtures = await Promise.all(PLACES.map(readFixtures));
for (const fixture of fixtures.flat()) {
  const { name, sent } = fixture;
  const { where } = KVS[fixture.place];
  const { events } = sent;
  const hasKey = ({ idempotencyKey }: SentEvent) => idempotencyKey !== undefined;

  Deno.test(`8.9 what ${name} left${where}, opened at once: its claims hold, and everything becomes a row once`, async () => {
    await using database = await openDatabase(place.url, fixture.database);
    await using app = await openApp(fixture, { database, expiring: "kept" });
    const before = await readBalance(app.kv);
    for (const event of events) {
      assertEquals(await sendAgain(app, event, sent), hasKey(event), event.props.n);
      if (!hasKey(event)) continue;
      const other = await sendEvent(app, { ...event, eventType: "another" });
      assertEquals(other.status, 409, event.props.n);
      await other.body?.cancel();
    }
    await repair(app.kv);
    await replayDeadLetters(app);
    await finish(app);
    await assertReady(app);
    await assertOnce(app, database, events);
    const after = await readBalance(app.kv);
    assertEquals(after, {
      ...before,
      ...{ buffered: 0, dead_letters: 0, set_aside: 0, stored: events.length },
      duplicates: before.duplicates + events.length,
      ...{ rejected: after.rejected, not_accepted: after.not_accepted, received: after.received },
    });
  });

  if (fixture.place === "file") {
    Deno.test(`5.15 what ${name} left, its file put behind a server: fingerprints hold, and keys are found by their rows`, async () => {
      await using database = await openDatabase(place.url, fixture.database);
      const limits = MANAGED_LIMITS;
      await using app = await openApp(fixture, { database, limits, expiring: "kept" });
      for (const event of events) await sendAgain(app, event, sent);
      await repair(app.kv);
      await replayDeadLetters(app);
      await finish(app);
      await assertOnce(app, database, events);
    });
  }

  Deno.test(`5.4 what ${name} left${where}, opened when all that expires is gone: keys are found by their rows`, async () => {
    await using database = await openDatabase(place.url, fixture.database);
    await using app = await openApp(fixture, { database, expiring: "gone" });
    const keyed = events.filter(hasKey);
    const before = await readBalance(app.kv);
    for (const event of keyed) assertEquals(await sendAgain(app, event, sent), false);
    await repair(app.kv);
    await replayDeadLetters(app);
    await finish(app);
    await assertReady(app);
    await assertOnce(app, database, events);
    assertEquals((await readBalance(app.kv)).replays, before.replays + keyed.length);
  });
}

/** Kinds that are not part of fixtures, by their export in `kv/keys.ts`. */
const NOT_WRITTEN: Readonly<Record<string, string>> = {
  SEGMENTS_END: "the end of a range",
  RESERVE: "only while the disk is full",
  failingPrefix: "only once a record has failed while others could be processed",
  undeliveredKey: "written by Deno's queue",
  PROCESSES: "only while a process runs",
  processKey: "only while a process runs",
};

const MAKE = "write the next: deno run -A --no-lock tests/upgrade/make_fixture.ts, with Deno 2.5";

Deno.test("the newest fixture has every kind of key and value that this code writes", async () => {
  const newest = (await readFixtures("file")).at(-1);
  assert(newest !== undefined);
  await using opened = await openFixtureKv(newest, "kept");
  const known = await listKinds(opened.kv);
  await using database = await openDatabase(place.url, "");
  await playScenario({ place: "file", database }, async (text, sent) => {
    await using written = await openFixtureKv({ kv: text, sent }, "kept");
    const lacking = [...await listKinds(written.kv)].filter((kind) => !known.has(kind));
    assertEquals(lacking, [], `${newest.name} lacks them; ${MAKE}`);
  });
  const families = [...known].map((kind) => kind.slice(0, kind.indexOf(":")));
  const lacking = [...familiesOfModule()].filter(([name, family]) =>
    !(name in NOT_WRITTEN) && !families.some((known) => known.startsWith(family))
  );
  const counters = COUNTERS.filter((name) => !families.includes(counterKey(name).join("/")));
  const columns = COLUMNS.filter((name) => ![...known].some((kind) => kind.endsWith(` ${name}`)));
  assertEquals(
    { lacking, counters, columns },
    { lacking: [], counters: [], columns: [] },
    `${newest.name} has none; add one to scenario.ts, and ${MAKE}`,
  );
});

Deno.test({
  name:
    "the newest fixture of a KV in PostgreSQL has every kind of key and value, and the schema, that this code writes (needs pg_dump)",
  ignore: !canDumpSql(),
  async fn() {
    const newest = (await readFixtures("postgres")).at(-1);
    assert(newest !== undefined);
    await using server = await openKvServer();
    const open = async (kv: string) => {
      const fixture = { kv, sent: newest.sent };
      const opened = await openPostgresFixtureKv(server.path, fixture, "kept");
      return { opened, schema: await dumpSql(server.path, "--schema=sluice_kv", "--schema-only") };
    };
    const former = await open(newest.kv);
    const known = await listKinds(former.opened.kv);
    await former.opened[Symbol.asyncDispose]();
    const { opened, schema } = await open("");
    assertEquals(former.schema, schema, `${newest.name} is brought up to another schema; ${MAKE}`);
    await using database = await openDatabase(place.url, "");
    const openKv = () => Promise.resolve(opened);
    await playScenario({ place: "postgres", database, openKv }, async () => {
      const lacking = [...await listKinds(opened.kv)].filter((kind) => !known.has(kind));
      assertEquals(lacking, [], `${newest.name} lacks them; ${MAKE}`);
    });
  },
});
