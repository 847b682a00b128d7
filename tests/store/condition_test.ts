/** Faults that only an operator can end: one sentence in the log and at `/readyz`, and then work goes on. */

import { PostgresCondition } from "../../src/store/condition.ts";
import { findServerProblem } from "../../src/store/check_server.ts";
import { Database } from "../../src/store/database.ts";
import { explainFailure } from "../../src/store/explain_failure.ts";
import { migrate, readMigrations } from "../../src/store/migrate.ts";
import { MIGRATIONS } from "../../src/service.ts";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "../support/assert.ts";
import { type Cluster, openCluster, serverPrograms } from "../support/cluster.ts";
import { FakeClock } from "../support/clock.ts";
import { captureLogs } from "../support/logs.ts";
import { MAIN, type ServiceProcess, startProcess } from "../support/service_process.ts";
import { OLD_DENO } from "../support/old_deno.ts";
import { until } from "../support/until.ts";

const ignore = serverPrograms() === null;
const opened = new AsyncDisposableStack();
Deno.test.afterAll(() => opened.disposeAsync());
const shared = ignore ? null : opened.use(await openCluster());

function server(): Cluster {
  assert(shared !== null);
  return shared;
}

async function run(statements: string, database = "postgres"): Promise<void> {
  const url = server().url.replace(/postgres$/, database);
  await using admin = new Database({ url, maxConnections: 1, recycle: false });
  await admin.run(async (sql) => void await sql.unsafe(statements));
}

async function pingSentence(url: string): Promise<string | null> {
  await using database = new Database({ url, maxConnections: 1, recycle: false });
  return (await database.ping(10_000))?.sentence ?? null;
}

Deno.test({
  name: "11.8 what keeps the service from connecting is a sentence without hosts and users",
  ignore,
  async fn() {
    const hba = `${server().folder}/data/pg_hba.conf`;
    const rules = await Deno.readTextFile(hba);
    const own = [
      "host all locked 127.0.0.1/32 scram-sha-256",
      "host all banned 127.0.0.1/32 reject",
    ];
    await Deno.writeTextFile(hba, `${own.join("\n")}\n${rules}`);
    await run("create role locked login password 'right'");
    await run("create role banned login");
    await run("select pg_reload_conf()");
    const at = `127.0.0.1:${server().port}`;
    const cases: Readonly<Record<string, string>> = {
      [`postgres://locked:wrong@${at}/postgres`]: "the password in DATABASE_URL is wrong",
      [`postgres://banned@${at}/postgres`]: "pg_hba.conf",
      [`postgres://nobody@${at}/postgres`]: "the user of DATABASE_URL does not exist",
      [`postgres://sluice@${at}/nothing`]: "the database of DATABASE_URL does not exist",
      [`postgres://sluice@${at}/postgres?options=-c%20nothing%3D1`]: "does not accept a parameter",
      [`postgres://sluice@${at}/postgres?statement_timeout=never`]: "does not accept a parameter",
      // There the error is "unexpected end of file", as of any cut connection.
      ...(OLD_DENO ? {} : {
        [`postgres://sluice@${at}/postgres?sslmode=require`]: "does not encrypt connections",
      }),
      [`postgres://sluice@nowhere.invalid/postgres`]: "the host of DATABASE_URL has no address",
      // There the error is uncaught, which the service survives (`driver_faults.ts`).
      ...(OLD_DENO ? {} : {
        [`postgres://sluice@/postgres?host=/nowhere`]:
          "the unix socket of DATABASE_URL does not exist",
      }),
    };
    // A reload takes a moment.
    const banned = `postgres://banned@${at}/postgres`;
    await until(async () => await pingSentence(banned) !== null, "the rules to be in force");
    for (const [url, expected] of Object.entries(cases)) {
      assertStringIncludes(await pingSentence(url) ?? "", expected, url);
    }
    assertEquals(await pingSentence("postgres://sluice@127.0.0.1:9/postgres"), null);
  },
});

Deno.test({
  name: "a password in PGPASSWORD may have any characters",
  ignore,
  async fn() {
    const hba = `${server().folder}/data/pg_hba.conf`;
    const rules = await Deno.readTextFile(hba);
    await Deno.writeTextFile(hba, `host all quoting 127.0.0.1/32 scram-sha-256\n${rules}`);
    const password = `it's a \\ / @:?#&% "$"`;
    await run(`create role quoting login password '${password.replaceAll("'", "''")}'`);
    await run("select pg_reload_conf()");
    const url = `postgres://quoting@127.0.0.1:${server().port}/postgres`;
    await until(async () => await pingSentence(url) !== null, "the rule to be in force");
    const before = Deno.env.get("PGPASSWORD");
    Deno.env.set("PGPASSWORD", password);
    try {
      assertEquals(await pingSentence(url), null);
      await using database = new Database({ url, maxConnections: 1, recycle: false });
      const [row] = await database.run((sql) =>
        sql<[{ name: string }]>`select current_user as name`
      );
      assertEquals(row.name, "quoting");
    } finally {
      if (before === undefined) Deno.env.delete("PGPASSWORD");
      else Deno.env.set("PGPASSWORD", before);
    }
  },
});

Deno.test({
  name: "11.8 a database that is not in UTF-8 is left alone, with a sentence",
  ignore,
  async fn() {
    for (const encoding of ["LATIN1", "SQL_ASCII"]) {
      const name = encoding.toLowerCase();
      await run(`create database ${name} encoding '${encoding}' template template0 locale 'C'`);
      await using database = new Database({
        url: server().url.replace(/postgres$/, name),
        recycle: false,
      });
      const migrations = await readMigrations(MIGRATIONS);
      const error = await assertRejects(() => migrate(database, migrations), Error, encoding);
      assertEquals(
        explainFailure(error),
        "the database is not in UTF-8: create another one with encoding 'UTF8'",
      );
      const [row] = await database.run((sql) =>
        sql<[{ made: string | null }]>`select to_regclass('schema_migrations')::text as made`
      );
      assertEquals(row.made, null);
    }
  },
});

const OLDER = "the server is older than PostgreSQL 15";

Deno.test("11.8 a server that is too old is named", () => {
  const server = { version: 150_000, encoding: "UTF8" };
  assertEquals(findServerProblem(server), null);
  assertEquals(findServerProblem({ ...server, version: 140_013 }), `${OLDER}: 14.13`);
  assertEquals(explainFailure(new Error(`${OLDER}: 14.13`)), OLDER);
});

/** What poolers and providers say, and how it is explained; `null`: it passes. */
const SAID: readonly (readonly [code: string, message: string, sentence: string | null])[] = [
  ["08P01", "SASL authentication failed", "the password in DATABASE_URL is wrong"],
  ["08P01", "password authentication failed", "the password in DATABASE_URL is wrong"],
  ["08P01", "no such user: u", "the password in DATABASE_URL is wrong"],
  ["08P01", "no such database: d", "the database of DATABASE_URL does not exist"],
  ["08P01", 'database "d" does not exist', "the database of DATABASE_URL does not exist"],
  ["08P01", "unsupported startup parameter: search_path", "does not accept a parameter"],
  ["XX000", "Tenant or user not found", "the user of DATABASE_URL does not exist"],
  ["08P01", "Endpoint ID is not specified. Either please upgrade …", "the host of DATABASE_URL"],
  ["55000", 'database "d" is not currently accepting connections', "the database of DATABASE_URL"],
  ["ENETUNREACH", "connect ENETUNREACH 2001:db8::1:5432", "an IPv6 address, which cannot"],
  ["EHOSTUNREACH", "connect EHOSTUNREACH 192.0.2.1:5432", null],
  ["28000", "connection requires a valid client certificate", "asks for a client certificate"],
  ["08P01", "query_wait_timeout", null],
  ["08P01", "no more connections allowed (max_client_conn)", null],
  ["53300", "remaining connection slots are reserved", null],
  ["57P03", "the database system is starting up", null],
  ["53100", "could not extend file", null],
];

for (const [code, message, expected] of SAID) {
  Deno.test(`11.8 explained: ${message}`, () => {
    const sentence = explainFailure(Object.assign(new Error(message), { code }));
    if (expected === null) assertEquals(sentence, null);
    else assertStringIncludes(sentence ?? "", expected);
  });
}

async function readiness({ url }: ServiceProcess): Promise<{ status: number; postgres: string }> {
  const response = await fetch(`${url}/readyz`);
  return { status: response.status, postgres: (await response.json()).postgres };
}

function countLines(service: ServiceProcess, text: string): number {
  return service.log().split("\n").filter((line) => line.includes(text)).length;
}

Deno.test({
  name:
    "11.8 a role that may create no tables, then one that may not insert: said once, and its end too",
  ignore,
  async fn() {
    await run("create role weak login");
    await run("create database weak");
    const folder = await Deno.makeTempDir({ prefix: "sluice-condition-" });
    await using service = await startProcess(MAIN, {
      KV_PATH: `${folder}/kv.sqlite3`,
      DATABASE_URL: `postgres://weak@127.0.0.1:${server().port}/weak`,
      BATCH_TIMEOUT_MS: "50",
    });
    const track = async () => {
      const response = await fetch(`${service.url}/v1/events`, {
        method: "POST",
        body: JSON.stringify({ eventType: "page_viewed", idempotencyKey: crypto.randomUUID() }),
      });
      assertEquals(await response.json(), { eventId: null, tracked: true });
    };
    await track();
    const create = "the role may not use the schema, or not create tables in it";
    await until(async () => (await readiness(service)).postgres.includes(create), "the sentence");
    assertEquals((await readiness(service)).status, 503);
    await until(() => countLines(service, "permission denied for schema") >= 1, "the log");
    await track();
    await run("grant create on schema public to weak", "weak");
    await until(async () => (await readiness(service)).status === 200, "the tables");
    assertEquals(
      countLines(service, create),
      2,
      "one by the migrations, one by the check of health",
    );
    assertEquals(countLines(service, '"properties":{"activity":"migrations"}'), 1, service.log());

    await run("revoke insert on events from weak", "weak");
    await track();
    const denied = "the role lacks privileges: insert events";
    await until(async () => (await readiness(service)).postgres === denied, "the sentence");
    const failures = async () => {
      const metrics = await (await fetch(`${service.url}/metrics`)).text();
      const counts = metrics.matchAll(/sluice_flush_seconds_count\{.*"unavailable".*\} (\d+)/g);
      return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
    };
    await until(async () => await failures() > 3, "several attempts");
    assertEquals(countLines(service, "the role lacks a privilege on a table"), 1, service.log());
    // One for each reason: at first there was no table.
    assertEquals(countLines(service, '"Flush ('), 2, service.log());
    await run("grant insert on events to weak", "weak");
    await until(async () => (await readiness(service)).status === 200, "the flush");
    assertEquals(countLines(service, "    at "), 0, "no stack in the log");
    await Deno.remove(folder, { recursive: true });
  },
});

Deno.test("an outage that passes by itself is a warning, once, and so is its end", async () => {
  await using logs = await captureLogs();
  const condition = new PostgresCondition();
  const refused = Object.assign(new Error("connect"), { code: "ECONNREFUSED" });
  for (let i = 0; i < 3; i++) condition.fails("flush", refused);
  assertEquals([logs.of("warning").length, condition.sentence], [1, null]);
  for (let i = 0; i < 3; i++) condition.works("flush");
  assertEquals(logs.of("info").length, 1);
});

Deno.test("11.8 a fault that another process saw the end of is not reported for ever", async () => {
  await using logs = await captureLogs();
  const clock = new FakeClock();
  const condition = new PostgresCondition(clock);
  const denied = Object.assign(new Error("permission denied for table events"), { code: "42501" });
  condition.fails("flush", denied);
  await clock.advance(60_000); // the next flush of this process
  condition.fails("flush", denied);
  const sentence = "the role lacks a privilege on a table or function";
  await clock.advance(150_000);
  assertEquals(condition.sentence, sentence);
  await clock.advance(60_000); // others flush, and this process finds nothing to do
  assertEquals(condition.sentence, null);
  condition.fails("flush", denied);
  assertEquals(condition.sentence, sentence);
  assertEquals(
    logs.records.filter(({ level }) => level === "error").length,
    1,
    "one line in the log",
  );
});
