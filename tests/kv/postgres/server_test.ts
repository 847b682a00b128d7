/** What depends on the server, its roles and the way to it. */

import postgres from "postgres";
import { renderBanner } from "../../../src/cli/banner.ts";
import { systemClock } from "../../../src/clock.ts";
import { ConfigError, loadConfig } from "../../../src/config.ts";
import { chooseLimits, isRemote, KvOpenError, openRemoteKv } from "../../../src/kv/open.ts";
import { POSTGRES_LIMITS } from "../../../src/kv/limits.ts";
import { PostgresKv } from "../../../src/kv/postgres/kv.ts";
import { QueueListener } from "../../../src/outbox/queue_listener.ts";
import { openService } from "../../../src/service.ts";
import {
  assertEquals,
  assertMatch,
  assertNotMatch,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "../../support/assert.ts";
import { FakeClock } from "../../support/clock.ts";
import { serverPrograms } from "../../support/cluster.ts";
import { captureLogs } from "../../support/logs.ts";
import { findPgBouncer, startPgBouncer } from "../../support/pgbouncer.ts";
import { makePostgresKv, openKvServer, openTestPostgresKv } from "../../support/postgres_kv.ts";
import { until } from "../../support/until.ts";

const options = { clock: systemClock, deadlineMs: 5_000 };

/** Runs statements at a URL. */
async function run(url: string, ...statements: string[]): Promise<postgres.Row[]> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    let rows: postgres.Row[] = [];
    for (const statement of statements) rows = [...await sql.unsafe(statement)];
    return rows;
  } finally {
    await sql.end();
  }
}

Deno.test("8.22 any number of processes create the schema at once, and a newer one is not used", async () => {
  await using place = await makePostgresKv();
  const opened = await Promise.all([1, 2, 3].map(() => openTestPostgresKv(place)));
  assertEquals(await run(place.path, "select version from sluice_kv.migrations"), [{ version: 1 }]);
  for (const kv of opened) await kv[Symbol.asyncDispose]();
  await run(place.path, "insert into sluice_kv.migrations values (2)");
  await assertRejects(
    () => openRemoteKv(place.path, options),
    KvOpenError,
    "has format 2, and this version of Sluice understands formats up to 1",
  );
});

Deno.test("8.22 what has expired is deleted by and by, and nothing else", async () => {
  await using place = await makePostgresKv();
  const clock = new FakeClock();
  const kv = await PostgresKv.open({ url: place.path, clock, deadlineMs: 5_000 });
  await kv.set(["short"], 1, { expireIn: 1 });
  await kv.set(["long"], 1, { expireIn: 60_000 });
  await kv.set(["kept"], 1);
  await until(async () => {
    await clock.advance(10_000);
    return (await kv.get(["short"])).value === null;
  }, "the entry to be deleted");
  const left = await Array.fromAsync(kv.list({ start: [""], end: ["~"] }), ({ key }) => key[0]);
  assertEquals(left, ["kept", "long"]);
  await kv.close();
});

Deno.test({
  name:
    "8.22 commits are durable whatever the role is set to, and those of another isolation are refused (needs server programs)",
  ignore: serverPrograms() === null,
  async fn() {
    await using server = await openKvServer();
    {
      await using _ = await openTestPostgresKv(server);
    }
    await run(
      server.path,
      `create table seen (setting text)`,
      `create function note() returns trigger language plpgsql as $$
        begin insert into public.seen values (current_setting('synchronous_commit')); return null; end
      $$`,
      `create trigger note after insert on sluice_kv.entries for each statement execute function note()`,
      `alter role sluice set synchronous_commit = off`,
    );
    {
      await using opened = await openTestPostgresKv(server);
      await opened.kv.set(["a"], 1);
    }
    assertEquals(await run(server.path, "select * from seen"), [{ setting: "on" }]);
    await run(server.path, `alter role sluice set default_transaction_isolation = 'serializable'`);
    const isolated = openRemoteKv(server.path, options).then(async (kv) => {
      try {
        await kv.set(["a"], 2);
      } finally {
        await kv.close();
      }
    });
    await assertRejects(() => isolated, Error, "default_transaction_isolation must be");
  },
});

Deno.test({
  name: "8.22 behind a pooler in transaction mode everything but messages works (needs PgBouncer)",
  ignore: serverPrograms() === null || findPgBouncer() === null,
  async fn() {
    await using server = await openKvServer();
    await using pooler = await startPgBouncer(server.port, "transaction");
    await using first = await openTestPostgresKv({ path: `${pooler.url}/postgres` });
    await using second = await openTestPostgresKv({ path: `${pooler.url}/postgres` });
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, i) => {
        const { kv } = i % 2 === 0 ? first : second;
        const key = ["claim", Math.floor(i / 2)];
        return kv.atomic().check({ key, versionstamp: null }).set(key, i).sum(["n"], 1n).commit();
      }),
    );
    assertEquals(results.filter(({ ok }) => ok).length, 10);
    assertEquals((await first.kv.get<Deno.KvU64>(["n"])).value?.value, 10n);
    assertEquals((await Array.fromAsync(second.kv.list({ prefix: ["claim"] }))).length, 10);
  },
});

Deno.test({
  name:
    "8.22 behind a pooler in transaction mode no message is delivered, and none is sent (needs PgBouncer)",
  ignore: serverPrograms() === null || findPgBouncer() === null,
  async fn() {
    await using logs = await captureLogs();
    await using server = await openKvServer();
    await using pooler = await startPgBouncer(server.port, "transaction");
    for (const mode of ["auto", "on"] as const) {
      // Its deadline is how long a notification is waited for.
      await using opened = await openTestPostgresKv({ path: `${pooler.url}/postgres` }, 5_000);
      await opened.kv.enqueue({ kind: "another process's" });
      const received: string[] = [];
      const listener = new QueueListener({
        kv: opened.kv,
        clock: systemClock,
        mode,
        onNotify: (kind) => void received.push(kind),
      });
      const stop = new AbortController();
      const listening = listener.listen(stop.signal);
      assertEquals([await listening, listener.delivers, received], [undefined, false, []], mode);
    }
    assertEquals(logs.of("error").map(({ message }) => message.join("")), [
      "KV_QUEUES is on, but this KV delivers no messages: no notification arrives, as behind a pooler in transaction mode. Enrichment starts after a flush of the same process, or within a minute",
    ]);
  },
});

Deno.test({
  name: "8.22 behind a pooler in session mode messages are delivered (needs PgBouncer)",
  ignore: serverPrograms() === null || findPgBouncer() === null,
  async fn() {
    await using server = await openKvServer();
    await using pooler = await startPgBouncer(server.port, "session");
    await using opened = await openTestPostgresKv({ path: `${pooler.url}/postgres` });
    const stop = new AbortController();
    const received: string[] = [];
    const listener = new QueueListener({
      kv: opened.kv,
      clock: systemClock,
      mode: "auto",
      onNotify: (kind) => void received.push(kind),
    });
    const listening = listener.listen(stop.signal);
    await until(() => listener.delivers, "the probe");
    await opened.kv.enqueue({ kind: "enrichment" });
    await until(() => received.length > 0, "the message");
    stop.abort();
    await opened[Symbol.asyncDispose]();
    await listening;
  },
});

Deno.test({
  name: "8.22 a pooler in statement mode is refused with a sentence (needs PgBouncer)",
  ignore: serverPrograms() === null || findPgBouncer() === null,
  async fn() {
    await using server = await openKvServer();
    await using pooler = await startPgBouncer(server.port, "statement");
    await assertRejects(
      () => openRemoteKv(`${pooler.url}/postgres`, options),
      KvOpenError,
      "the pooler is in statement mode, in which nothing works: use transaction or session mode",
    );
  },
});

Deno.test({
  name:
    "8.22 entries and messages are read as they were written, however the role reads bytes (needs server programs)",
  ignore: serverPrograms() === null,
  async fn() {
    await using server = await openKvServer();
    await run(server.path, "alter role sluice set bytea_output = escape");
    await using opened = await openTestPostgresKv(server, 5_000);
    const { kv } = opened;
    const value = new Uint8Array([0, 92, 39, 255]);
    await kv.set(["a", "\\x5c ü"], value);
    assertEquals((await kv.get(["a", "\\x5c ü"])).value, value);
    const listed = await Array.fromAsync(kv.list({ prefix: ["a"] }, { reverse: true }));
    assertEquals(listed.map((entry) => [entry.key, entry.value]), [[["a", "\\x5c ü"], value]]);
    const received: unknown[] = [];
    const listening = kv.listenQueue((message) => void received.push(message));
    await kv.enqueue({ kind: "a" });
    await until(() => received.length > 0, "the message");
    assertEquals(received, [{ kind: "a" }]);
    await opened[Symbol.asyncDispose]();
    await listening;
  },
});

Deno.test({
  name:
    "8.20 a PostgreSQL that is away at the start is opened as soon as it is there (needs server programs)",
  ignore: serverPrograms() === null,
  async fn() {
    await using server = await openKvServer();
    await server.kill();
    const kv = await openRemoteKv(server.path, options);
    assertStringIncludes(kv.awayBecause ?? "", "ECONNREFUSED");
    await server.start();
    await until(() => kv.awayBecause === null, "KV to be opened");
    await kv.set(["a"], 1);
    assertEquals((await kv.get(["a"])).value, 1);
    await kv.close();
  },
});

Deno.test("a URL of PostgreSQL is checked, and its password is shown nowhere", () => {
  const wrong = "postgres://u:secret_password@host/kv?sslmode=perhaps";
  const { message } = assertThrows(() => loadConfig({ KV_PATH: wrong }), ConfigError);
  assertMatch(message, /^KV_PATH must be .*sslmode/);
  assertNotMatch(message, /secret_password/);
  for (const other of ["mysql", "postgress", "redis", "HTTPS"]) {
    const refused = assertThrows(
      () => loadConfig({ KV_PATH: `${other}://u:secret_password@host/kv` }),
      ConfigError,
    );
    assertMatch(refused.message, /^KV_PATH must be a file, :memory:, or a URL that begins with /);
    assertNotMatch(refused.message, /secret_password/);
  }
  const kvPath = "postgres://u:secret_password@127.0.0.1/kv";
  const banner = renderBanner({
    url: "http://localhost:1",
    config: { kvPath, dataDir: ".data" },
    embedded: true,
    adminRole: "ADMIN",
    adminToken: "t",
  });
  assertStringIncludes(banner, "the PostgreSQL server at KV_PATH");
  assertNotMatch(banner, /secret_password/);
  assertEquals(chooseLimits(kvPath, 16).claimLog, false);
});

Deno.test("8.22 a URL that DATABASE_URL may be written as is no file", () => {
  for (
    const url of [
      "Postgres://u@host/kv",
      '"postgres://u@host/kv"',
      " postgresql://u@host/kv",
      "jdbc:postgresql://host/kv?user=u",
      "postgresql+psycopg://u@host/kv",
    ]
  ) {
    const { kvPath } = loadConfig({ KV_PATH: url });
    assertEquals([isRemote(kvPath), chooseLimits(kvPath, 16)], [true, POSTGRES_LIMITS], url);
  }
});

Deno.test("8.22 the log warns where KV is on the server of DATABASE_URL", async () => {
  await using place = await makePostgresKv();
  await using logs = await captureLogs();
  const config = loadConfig({ KV_PATH: place.path, DATABASE_URL: place.path });
  {
    await using _ = await openService(config);
  }
  const warnings = logs.of("warning").map(({ rawMessage }) => String(rawMessage));
  assertEquals(
    warnings.filter((text) => text.startsWith("KV_PATH is on the same server")).length,
    1,
  );
});
