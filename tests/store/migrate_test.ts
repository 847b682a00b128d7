import { pathToFileURL } from "node:url";
import { MIGRATIONS } from "../../src/service.ts";
import { Database } from "../../src/store/database.ts";
import { migrate, readMigrations } from "../../src/store/migrate.ts";
import { MigrationError } from "../../src/store/migration_error.ts";
import { makePartitions } from "../../src/store/partitions.ts";
import { PostgresCondition } from "../../src/store/condition.ts";
import { prepareDatabase } from "../../src/store/prepare.ts";
import { assertEquals, assertRejects, assertStringIncludes } from "../support/assert.ts";
import { FakeClock } from "../support/clock.ts";
import { captureLogs } from "../support/logs.ts";
import { openTestPostgres } from "../support/postgres.ts";
import { until } from "../support/until.ts";

const postgres = await openTestPostgres();
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

const extra = {
  version: 9_998,
  name: "9998_extra.sql",
  sql: "create table extra (id integer); insert into extra values (1);",
};

Deno.test("7.15 migrations run by several machines at once are applied once", async () => {
  const migrations = [...await readMigrations(MIGRATIONS), extra];
  const machines = Array.from({ length: 5 }, () => new Database({ url: postgres.url }));
  const applied = await Promise.all(machines.map((machine) => migrate(machine, migrations)));
  for (const machine of machines) await machine[Symbol.asyncDispose]();
  assertEquals(applied.flat(), ["9998_extra.sql"]);
  const [row] = await postgres.database.run((sql) =>
    sql<{ count: number }[]>`select count(*)::integer as count from extra`
  );
  assertEquals(row?.count, 1);
});

Deno.test("a migration that fails leaves nothing behind", async () => {
  const broken = {
    version: 9_999,
    name: "9999_broken.sql",
    sql: "create table half (); select 1/0;",
  };
  const migrations = [...await readMigrations(MIGRATIONS), extra, broken];
  await migrate(postgres.database, migrations.slice(0, -1));
  await assertRejects(() => migrate(postgres.database, migrations), Error, "division by zero");
  const [row] = await postgres.database.run((sql) =>
    sql<{ half: string | null }[]>`select to_regclass('half')::text as half`
  );
  assertEquals(row?.half, null);
});

Deno.test("7.15 migrate() refuses a database that a newer version has migrated", async () => {
  const migrations = await readMigrations(MIGRATIONS);
  await migrate(postgres.database, [...migrations, extra]);
  const error = await assertRejects(() => migrate(postgres.database, migrations), MigrationError);
  assertStringIncludes(error.message, "9998_extra.sql");
});

Deno.test("migrate() refuses a database whose migration of a known number has another name", async () => {
  const migrations = await readMigrations(MIGRATIONS);
  await migrate(postgres.database, [...migrations, extra]);
  const other = [...migrations, { ...extra, name: "9998_other.sql" }];
  const error = await assertRejects(() => migrate(postgres.database, other), MigrationError);
  assertStringIncludes(error.message, "9998_extra.sql");
});

Deno.test("7.25 migrate() leaves a newer database alone that is declared to work with this version", async () => {
  const migrations = await readMigrations(MIGRATIONS);
  const newest = migrations.at(-1)?.version ?? 0;
  const { database } = postgres;
  const set = (oldest: number | null) =>
    database.run((sql) =>
      sql`update schema_migrations set works_with = ${oldest} where version = 9998`
    );
  await migrate(database, [...migrations, extra]);
  await set(newest + 1);
  await assertRejects(() => migrate(database, migrations), MigrationError, "9998_extra.sql");
  await set(newest);
  assertEquals(await migrate(database, migrations), []);
  await set(null);
});

Deno.test("7.25 readMigrations() reads from a migration which version it works with", async () => {
  const folder = await Deno.makeTempDir({ prefix: "sluice-migrations-" });
  await Deno.writeTextFile(`${folder}/0002_a.sql`, "-- A column.\n-- works with 0001\nselect 1;\n");
  await Deno.writeTextFile(`${folder}/0003_b.sql`, "select 'works with 0002';\n");
  const migrations = await readMigrations(pathToFileURL(`${folder}/`));
  await Deno.remove(folder, { recursive: true });
  assertEquals(migrations.map(({ worksWith }) => worksWith), [1, null]);
});

Deno.test("7.15 prepareDatabase() tries again until the migrations can be applied", async () => {
  await using logs = await captureLogs();
  const waiting = { version: 9_999, name: "9999_waiting.sql", sql: "table not_yet" };
  const migrations = [...await readMigrations(MIGRATIONS), extra, waiting];
  const { database } = postgres;
  const clock = new FakeClock();
  const { signal: stop } = new AbortController();
  const condition = new PostgresCondition();
  const prepared = prepareDatabase({ database, migrations, clock, stop, condition });
  await until(() => logs.of("error").length === 1, "the first failure");
  assertEquals(condition.isPreparing, true);
  await database.run((sql) => sql`create table not_yet ()`);
  await clock.during(prepared);
  assertEquals([condition.isPreparing, condition.sentence], [false, null]);
  await database.run((sql) => sql`delete from schema_migrations where version = 9999`);
});

Deno.test("7.12 partitions are created once, from those of events 30 days old to three months ahead", async () => {
  const march = new Date("2031-03-01T00:00:00Z");
  const made = await postgres.database.run((sql) => makePartitions(sql, march));
  assertEquals(made, 12, "January to June, of events and of enrichments");
  assertEquals(await postgres.database.run((sql) => makePartitions(sql, march)), 0);
  const names = await postgres.database.run((sql) =>
    sql<{ name: string }[]>`
      select inhrelid::regclass::text as name from pg_inherits
      where inhparent = 'events'::regclass and inhrelid::regclass::text like 'events_2031%'
      order by 1
    `
  );
  assertEquals(names.map(({ name }) => name), [
    "events_2031_01",
    "events_2031_02",
    "events_2031_03",
    "events_2031_04",
    "events_2031_05",
    "events_2031_06",
  ]);
});

Deno.test("months are UTC, whatever time zone the server is set to", async () => {
  const { url, database } = postgres;
  const name = new URL(url).pathname.slice(1);
  await database.run((sql) =>
    sql.unsafe(`alter database ${name} set timezone to 'America/New_York'`)
  );
  await using elsewhere = new Database({ url, maxConnections: 1, recycle: false });
  // In New York this is 28 February, and a month earlier 28 January.
  const moment = new Date("2033-03-01T00:30:00Z");
  await elsewhere.run((sql) => makePartitions(sql, moment));
  await database.run((sql) => sql.unsafe(`alter database ${name} reset timezone`));
  const made = await database.run((sql) =>
    sql<{ name: string }[]>`
      select inhrelid::regclass::text as name from pg_inherits
      where inhparent = 'events'::regclass and inhrelid::regclass::text like 'events_2033%'
      order by 1
    `
  );
  assertEquals(made.map(({ name }) => name.slice(-2)), ["01", "02", "03", "04", "05", "06"]);
});

Deno.test("rows in the default partition move to the partition that is created for them", async () => {
  const { database } = postgres;
  const at = "2041-07-31T23:59:59.999Z";
  const id = crypto.randomUUID();
  await database.run((sql) =>
    sql`
      insert into events (id, occurred_at, received_at, event_type, known_event_type, source)
      values (${id}, ${at}, ${at}, 'a', false, 'web')
    `
  );
  const partitionOf = async () => {
    const [row] = await database.run((sql) =>
      sql<{ name: string }[]>`select tableoid::regclass::text as name from events where id = ${id}`
    );
    return row?.name;
  };
  assertEquals(await partitionOf(), "events_default");
  await database.run((sql) => makePartitions(sql, new Date("2041-07-15T12:00:00Z")));
  assertEquals(await partitionOf(), "events_2041_07");
});
