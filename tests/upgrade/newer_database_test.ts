/** A process whose database a newer version has migrated: before it starts, or while it runs. */

import { countBuffered } from "../../src/kv/counter.ts";
import { adminClient } from "../support/admin.ts";
import { openTestApp, type TestApp } from "../support/app.ts";
import { assertEquals } from "../support/assert.ts";
import { openTestPostgres } from "../support/postgres.ts";
import { until } from "../support/until.ts";

const postgres = await openTestPostgres();
const { database } = postgres;
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

const NEWER = "the database has the migration 0099_newer.sql, which this version of Sluice does " +
  "not have: run the version that applied it, or a newer one";

async function addMigration(): Promise<void> {
  await database.run((sql) =>
    sql`insert into schema_migrations (version, name) values (99, '0099_newer.sql')`
  );
}

async function removeMigration(): Promise<void> {
  await database.run((sql) => sql`delete from schema_migrations where version = 99`);
}

/** Declares that the newer version's database works with this one. */
async function declareCompatible(): Promise<void> {
  await database.run((sql) => sql`update schema_migrations set works_with = 1 where version = 99`);
}

async function track(sluice: TestApp, run: string): Promise<unknown> {
  const response = await sluice.post("/v1/events", { eventType: "page_viewed", props: { run } });
  return await response.json();
}

async function readiness(sluice: TestApp): Promise<Record<string, string>> {
  return await (await sluice.get("/readyz")).json();
}

async function countRows(run: string): Promise<number> {
  const [row] = await database.run((sql) =>
    sql<{ count: number }[]>`
      select count(*)::integer as count from enriched_events
      where props->>'run' = ${run} and enriched_at is not null
    `
  );
  return row?.count ?? 0;
}

/** Checks that events are accepted and kept, and that every caller is told why. */
async function assertWaits(sluice: TestApp, run: string): Promise<void> {
  assertEquals(await track(sluice, run), { eventId: null, tracked: true });
  const { status, kv, postgres: described } = await until(async () => {
    const health = await readiness(sluice);
    return health["postgres"] === NEWER ? health : undefined;
  }, "/readyz to name the migration");
  assertEquals([status, kv, described], ["degraded", "ok", NEWER]);
  assertEquals(await adminClient(sluice).eventIngestion.forceFlush.mutate(), {
    flushed: false,
    message: `Not flushed; the events stay in the buffer: ${NEWER}`,
  });
  assertEquals([await countRows(run), await countBuffered(sluice.kv)], [0, 1]);
}

const ENVIRONMENT = { BATCH_TIMEOUT_MS: "60000" };

Deno.test("7.25 a process that starts on a newer database accepts events and stores them once it may", async () => {
  const run = crypto.randomUUID();
  await addMigration();
  {
    await using sluice = await openTestApp(database, { environment: ENVIRONMENT });
    sluice.app.start();
    await assertWaits(sluice, run);
    await declareCompatible();
    await until(async () => await countRows(run) === 1, "the row and its enrichment");
    assertEquals((await readiness(sluice))["postgres"], "ok");
  }
  await removeMigration();
});

Deno.test("7.25 a process that meets a newer database within a minute stops writing, until it is set back", async () => {
  const run = crypto.randomUUID();
  await using sluice = await openTestApp(database, { environment: ENVIRONMENT });
  await sluice.app.start();
  await addMigration();
  await sluice.app.everyMinute();
  await assertWaits(sluice, run);
  await removeMigration();
  await until(async () => await countRows(run) === 1, "the row and its enrichment");
});
