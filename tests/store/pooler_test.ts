/** The whole way of an event through PgBouncer, in session and in transaction mode. */

import { systemClock } from "../../src/clock.ts";
import { chooseLimits, openRemoteKv } from "../../src/kv/open.ts";
import { Database } from "../../src/store/database.ts";
import { explainFailure } from "../../src/store/explain_failure.ts";
import { migrate, readMigrations } from "../../src/store/migrate.ts";
import { MIGRATIONS } from "../../src/service.ts";
import { adminClient, refusePoison } from "../support/admin.ts";
import { openTestApp, type TestApp } from "../support/app.ts";
import { assert, assertEquals, assertGreater, assertRejects } from "../support/assert.ts";
import { openCluster, serverPrograms } from "../support/cluster.ts";
import { runTask } from "../support/command.ts";
import type { TestKv } from "../support/kv.ts";
import { captureLogs } from "../support/logs.ts";
import { findPgBouncer, startPgBouncer } from "../support/pgbouncer.ts";
import { forceFlush } from "../support/server.ts";
import { until } from "../support/until.ts";

const isInstalled = serverPrograms() !== null && findPgBouncer() !== null;
const opened = new AsyncDisposableStack();
Deno.test.afterAll(() => opened.disposeAsync());
const server = isInstalled ? opened.use(await openCluster()) : null;

const EVENTS = 200;

async function trackAll(app: TestApp): Promise<void> {
  const sessionId = crypto.randomUUID();
  const sendOne = async (n: number) => {
    const event = { eventType: `e${n % 7}`, sessionId, props: { n } };
    const keyed = { ...event, idempotencyKey: crypto.randomUUID() };
    const response = await app.post("/v1/events", keyed);
    assertEquals(await response.json(), { eventId: null, tracked: true });
  };
  for (let from = 0; from < EVENTS; from += 20) {
    await Promise.all(Array.from({ length: 20 }, (_, i) => sendOne(from + i)));
  }
  const poison = { eventType: "poison", idempotencyKey: crypto.randomUUID() };
  assertEquals((await app.post("/v1/events", poison)).status, 200);
}

async function count(direct: Database): Promise<[events: number, enriched: number, dead: number]> {
  const [row] = await direct.run((sql) =>
    sql<[{ events: number; enriched: number; dead: number }]>`
      select
        (select count(*)::integer from events) as events,
        (select count(*)::integer from event_enrichments) as enriched,
        (select count(*)::integer from dead_letters where replayed_at is null) as dead
    `
  );
  return [row.events, row.enriched, row.dead];
}

async function openKvAt(path: string): Promise<TestKv> {
  const kv = await openRemoteKv(path, { clock: systemClock, deadlineMs: 5_000 });
  return {
    kv: kv as unknown as Deno.Kv, // all of it that the service uses
    path,
    [Symbol.asyncDispose]: async () => await kv.close(),
  };
}

const CASES = [
  ["session", "", "file"],
  ["transaction", "?pgbouncer=true&connection_limit=3", "file"],
  ["transaction", "", "file"],
  ["transaction", "", "there, too"],
] as const;

for (const [mode, parameters, kvPlace] of CASES) {
  Deno.test({
    name: `12.6 everything works through PgBouncer in ${mode} mode${
      parameters === "" ? "" : `, with ${parameters}`
    }${kvPlace === "file" ? "" : `, with KV ${kvPlace}`}${
      isInstalled ? "" : " (skipped: apt-get install pgbouncer postgresql)"
    }`,
    ignore: !isInstalled,
    async fn() {
      assert(server !== null);
      await using logs = await captureLogs();
      const name = `pooled_${crypto.randomUUID().slice(0, 8)}`;
      await using admin = new Database({ url: server.url, maxConnections: 1, recycle: false });
      await admin.run((sql) => sql.unsafe(`create database ${name}`));
      await using pooler = await startPgBouncer(server.port, mode);
      const url = `${pooler.url}/${name}${parameters}`;
      await using direct = new Database({
        url: server.url.replace(/postgres$/, name),
        maxConnections: 1,
        recycle: false,
      });
      await using database = new Database({ url, recycle: false });
      await using adminDatabase = new Database({
        url,
        maxConnections: 2,
        statementTimeoutMs: 10_000,
        recycle: false,
      });
      const migrations = await readMigrations(MIGRATIONS);
      assertEquals(await migrate(database, migrations), migrations.map(({ name }) => name));
      await refusePoison(direct, true);
      await using app = await openTestApp(database, {
        environment: { BATCH_SIZE: "10", BATCH_TIMEOUT_MS: "50" },
        ...kvPlace === "file" ? {} : { openKv: () => openKvAt(url) },
        parts: (parts) => ({
          ...parts,
          adminDatabase,
          kvLimits: kvPlace === "file" ? parts.kvLimits : chooseLimits(url, 16),
        }),
      });
      await trackAll(app);
      const settled = async () => (await count(direct)).join() === `${EVENTS},${EVENTS},1`;
      await until(settled, "every event to be stored and enriched");

      const { admin: procedures } = adminClient(app);
      const [overview, series, recent, waiting] = await Promise.all([
        procedures.overview.query(),
        procedures.timeseries.query({ measure: "type", range: "hour" }),
        procedures.recentEvents.query({}),
        procedures.deadLetters.list.query({}),
      ]);
      assertEquals(overview.health.postgres, null, "there is no reason");
      assertGreater(series.series.length, 0);
      assertGreater(recent.events.length, 0);
      const [deadLetter] = waiting.deadLetters;
      assert(deadLetter);
      await refusePoison(direct, false);
      const deadLetters = [{ eventId: deadLetter.eventId }];
      const { results } = await procedures.deadLetters.replay.mutate({ deadLetters });
      assertEquals(results.map(({ result }) => result), ["replayed"]);
      assertEquals((await forceFlush(app)).flushed, true);
      const replayed = async () => (await count(direct)).join() === `${EVENTS + 1},${EVENTS + 1},0`;
      await until(replayed, "the replayed event to be stored and enriched");

      const again = await runTask("reenrich", ["--since", "2026-01-01", "--all"], {
        DATABASE_URL: url,
      });
      assertEquals(again.code, 0, again.err);
      const asked = await runTask("query", ["select count(*) as n from events"], {
        DATABASE_URL: url,
      });
      assertEquals([asked.code, asked.out.includes(String(EVENTS + 1))], [0, true], asked.err);
      assertEquals(logs.of("warning").map(({ message }) => message.join("")), []);
    },
  });
}

const SKIPPED = isInstalled ? "" : " (skipped: apt-get install pgbouncer postgresql)";

Deno.test({
  name: `12.6 in statement mode, a sentence says that another one is needed${SKIPPED}`,
  ignore: !isInstalled,
  async fn() {
    assert(server !== null);
    await using pooler = await startPgBouncer(server.port, "statement");
    for (const parameters of ["", "?pgbouncer=true"]) {
      const DATABASE_URL = `${pooler.url}/postgres${parameters}`;
      await using database = new Database({ url: DATABASE_URL, recycle: false });
      const migrations = await readMigrations(MIGRATIONS);
      const error = await assertRejects(() => migrate(database, migrations), Error);
      assertEquals(
        explainFailure(error),
        "the pooler is in statement mode, in which nothing works: use transaction or session mode",
      );
      const { code, err } = await runTask("migrate", [], { DATABASE_URL });
      assertEquals([code, err.includes("statement mode")], [1, true], err);
    }
  },
});

Deno.test({
  name: `12.6 in session mode, one connection to the server is enough${SKIPPED}`,
  ignore: !isInstalled,
  async fn() {
    assert(server !== null);
    await using pooler = await startPgBouncer(server.port, "session", 1);
    const url = `${pooler.url}/postgres`;
    await using database = new Database({ url, maxConnections: 1, recycle: false });
    const [row] = await database.run((sql) => sql<[{ n: number }]>`select 1 as n`, 5_000);
    assertEquals(row.n, 1);
  },
});
