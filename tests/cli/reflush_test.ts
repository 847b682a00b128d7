/** A failover that lost the last seconds, and `deno task reflush` after it. */

import { ENRICHMENT } from "../../src/enrichment/consumer.ts";
import { readBalance } from "../../src/kv/counter.ts";
import { deadLetterContextKey, KEPT, outboxPrefix } from "../../src/kv/keys.ts";
import { MIGRATIONS } from "../../src/service.ts";
import { Database } from "../../src/store/database.ts";
import { migrate, readMigrations } from "../../src/store/migrate.ts";
import { openTestApp, type TestApp } from "../support/app.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { type Cluster, openCluster, serverPrograms } from "../support/cluster.ts";
import { runTask } from "../support/command.ts";
import { keysUnder } from "../support/kv.ts";
import { startReconciliation } from "../support/reconciliation.ts";
import { until } from "../support/until.ts";

const ignore = serverPrograms() === null;
const session = crypto.randomUUID();
const startedAt = Date.now();
let sent = 0;

/** Tracks events, half of them with a key, which are returned. */
async function track(app: TestApp, count: number): Promise<Record<string, unknown>[]> {
  const events = Array.from({ length: count }, (_, i) => ({
    eventType: "page_viewed",
    sessionId: session,
    props: { path: `/${sent++}`, occurred_at: startedAt - sent * 2_000 },
    ...(i % 2 === 0 ? { idempotencyKey: crypto.randomUUID() } : {}),
  }));
  for (const event of events) {
    const response = await app.post("/v1/events", event);
    assertEquals(await response.json(), { eventId: null, tracked: true });
  }
  return events.filter((event) => "idempotencyKey" in event);
}

function pathOf(event?: Record<string, unknown>): unknown {
  return (event?.props as Record<string, unknown> | undefined)?.path;
}

async function storeAndEnrich({ app, kv }: TestApp): Promise<void> {
  await until(async () => {
    await app.everyMinute(); // leaves records of the last seconds to the next one
    return (await keysUnder(kv, ...outboxPrefix(ENRICHMENT))).length === 0;
  }, "enrichment");
}

async function open({ url }: Cluster): Promise<Database> {
  const database = new Database({ url });
  await migrate(database, await readMigrations(MIGRATIONS));
  return database;
}

/** What is in Postgres, as numbers that must agree. */
async function count(database: Database) {
  const [row] = await database.run((sql) =>
    sql<
      [{ rows: number; ids: number; keys: number; counted: number; enriched: number; of: number }]
    >`
      select
        (select count(*)::integer from events) as rows,
        (select count(distinct props ->> 'path')::integer from events) as ids,
        (select count(*)::integer from idempotency_keys) as keys,
        (select sum(events)::integer from event_counts) as counted,
        (select count(*)::integer from event_enrichments) as enriched,
        (select sum(event_count)::integer from sessions) as "of"
    `
  );
  return row;
}

Deno.test({
  name:
    "8.15 after a failover that lost the last events, reflush makes each a row once, enriched once",
  ignore,
  async fn() {
    await using cluster = await openCluster();
    await using database = await open(cluster);
    await using app = await openTestApp(database);
    const reconciliation = await startReconciliation(app, database);
    await track(app, 20);
    await storeAndEnrich(app);
    await cluster.stopImmediately();
    await cluster.saveState();
    await cluster.start();
    const lost = await track(app, 30);
    await storeAndEnrich(app);
    const all = { rows: 50, ids: 50, keys: 25, counted: 50, enriched: 50, of: 50 };
    assertEquals(await count(database), all);
    await cluster.stopImmediately();
    await cluster.restoreState();
    await cluster.start();
    assertEquals((await until(() => count(database).catch(() => null), "Postgres")).rows, 20);
    await track(app, 10);
    await app.app.everyMinute(); // before reflush, the service goes on

    const settings = { KV_PATH: app.kvPath, DATABASE_URL: cluster.url };
    const first = await runTask("reflush", ["--since", "9m"], settings);
    assertEquals([first.code, first.err], [0, ""]);
    assertMatch(first.out, /Stored 30 that were missing, and queued 30 for enrichment\.\n$/);
    const again = await runTask("reflush", ["--since", "9m"], settings);
    assertStringIncludes(again.out, "Stored 0 that were missing");
    await storeAndEnrich(app);
    const last = await runTask("reflush", ["--since", "2000-01-01"], settings);
    assertStringIncludes(last.out, "Stored 0 that were missing, and queued 0 for enrichment.");
    assertStringIncludes(last.out, "(KEEP_FLUSHED_SECONDS)");

    assertEquals(await count(database), {
      rows: 60,
      ids: 60,
      keys: 30,
      counted: 60,
      enriched: 60,
      of: 60,
    });
    assertEquals(await reconciliation.finish(), 60);
    // Replays name rows that exist again.
    for (const event of lost) {
      const { eventId } = await (await app.post("/v1/events", event)).json();
      const [row] = await database.run((sql) => sql`select 1 from events where id = ${eventId}`);
      assert(row !== undefined, `${eventId} is a row`);
    }
  },
});

Deno.test({
  name: "8.16 reflush frees keys that are lost for good, and no replay names a row that is gone",
  ignore,
  async fn() {
    await using cluster = await openCluster();
    await using database = await open(cluster);
    await using app = await openTestApp(database, { environment: { KEEP_FLUSHED_SECONDS: "0" } });
    const [lost, deleted, kept] = await track(app, 6);
    await storeAndEnrich(app);
    assertEquals(await keysUnder(app.kv, ...KEPT), []);
    const idOf = async (event?: Record<string, unknown>) => {
      const response = await app.post("/v1/events", event);
      return (await response.json()).eventId;
    };
    const id = await idOf(kept);
    await database.run((sql) =>
      sql`
        with lost as (
          delete from events where props ->> 'path' = ${String(pathOf(lost))} returning id
        ), keys as (delete from idempotency_keys where event_id in (select id from lost))
        delete from events where props ->> 'path' = ${String(pathOf(deleted))}
      `
    );
    const [buffered] = await track(app, 1);
    const settings = { KV_PATH: app.kvPath, DATABASE_URL: cluster.url };
    const result = await runTask("reflush", ["--since", "0s"], settings);
    assertEquals([result.code, result.err], [0, ""]);
    assertMatch(result.out, /Corrected 2 idempotency keys of events that are not rows\.\n$/);
    assertEquals([await idOf(lost), await idOf(deleted), await idOf(buffered)], [null, null, null]);
    assertEquals(await idOf(kept), id);
    await storeAndEnrich(app);
    const again = await idOf(lost);
    const [row] = await database.run((sql) =>
      sql`select props ->> 'path' as path from events where id = ${again}`
    );
    assertEquals([row?.path, await idOf(deleted)], [pathOf(lost), null]);
    const repeated = await runTask("reflush", ["--since", "0s"], settings);
    assertMatch(
      repeated.out,
      /^Read 0 events [^\n]*\nStored 0 that were missing, and queued 0 for enrichment\.\n$/,
    );
  },
});

Deno.test("reflush explains itself, and what it cannot understand", async () => {
  assertStringIncludes((await runTask("reflush", ["--help"])).out, "Usage: deno task reflush");
  for (
    const [args, got] of [[[], "nothing"], [["--since", "5"], '"5"'], [["--since", "x"], '"x"']]
  ) {
    const { code, err } = await runTask("reflush", args as string[], { KV_PATH: ":memory:" });
    assertEquals(code, 1);
    assertStringIncludes(err, `--since must be a date like 2026-01-01T12:00Z or a duration like`);
    assertStringIncludes(err, `got ${got}.`);
  }
});

Deno.test("reflush says that there is no KV at KV_PATH, where it would find nothing to restore", async () => {
  const folder = await Deno.makeTempDir();
  const settings = { KV_PATH: `${folder}/mistyped.sqlite3` };
  const { code, err } = await runTask("reflush", ["--since", "10m"], settings);
  assertEquals([code, await Array.fromAsync(Deno.readDir(folder))], [1, []]);
  assertStringIncludes(err, "Cannot open the KV at KV_PATH: NotFound");
  await Deno.remove(folder);
});

Deno.test({
  name:
    "8.15 a dead letter that a failover lost is one again after reflush, unless it was discarded",
  ignore,
  async fn() {
    await using cluster = await openCluster();
    await using database = await open(cluster);
    await using app = await openTestApp(database);
    await database.run((sql) =>
      sql.unsafe("alter table events add check (props ->> 'path' <> all ('{/lost,/discarded}'))")
    );
    for (const path of ["/lost", "/discarded", "/fine"]) {
      await app.post("/v1/events", { eventType: "page_viewed", props: { path } });
    }
    await storeAndEnrich(app);
    const read = () =>
      database.run((sql) =>
        sql<{ id: string; path: string }[]>`
          select event_id as id, payload::jsonb #>> '{props,path}' as path
          from dead_letters order by 2 desc
        `
      );
    const before = [...await read()];
    assertEquals(before.map(({ path }) => path), ["/lost", "/discarded"]);
    // As `admin.deadLetters.discard` does.
    await app.kv.delete(deadLetterContextKey(before[1]?.id ?? ""));
    await database.run((sql) => sql`delete from dead_letters`);
    const settings = { KV_PATH: app.kvPath, DATABASE_URL: cluster.url };
    for (const put of ["\nPut 1 rejected events back into the buffer.\n", null]) {
      const { code, err, out } = await runTask("reflush", ["--since", "9m"], settings);
      assertEquals([code, err], [0, ""]);
      assertEquals(/\nPut .*\n/.exec(out)?.[0] ?? null, put);
      await storeAndEnrich(app);
      assertEquals([...await read()], before.slice(0, 1));
      const { dead_letters, buffered, stored } = await readBalance(app.kv);
      assertEquals([dead_letters, buffered, stored], [2, 0, 1]);
    }
  },
});
