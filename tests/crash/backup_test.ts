/** Backups as src/OPERATIONS.md describes them: taken while the service runs, and restored in any combination. */

import { DatabaseSync } from "node:sqlite";
import { assertEquals } from "../support/assert.ts";
import { openTestApp, type TestApp } from "../support/app.ts";
import { type Cluster, openCluster, serverPrograms } from "../support/cluster.ts";
import { forceFlush } from "../support/server.ts";
import { until } from "../support/until.ts";
import { systemClock } from "../../src/clock.ts";
import { openKv } from "../../src/kv/open.ts";
import { MIGRATIONS } from "../../src/service.ts";
import { Database } from "../../src/store/database.ts";
import { migrate, readMigrations } from "../../src/store/migrate.ts";

/** Two databases on one server, and a folder for copies. */
interface Site extends AsyncDisposable {
  readonly cluster: Cluster;
  readonly folder: string;
  url(database: string): string;
}

async function openSite(): Promise<Site> {
  const cluster = await openCluster();
  const folder = await Deno.makeTempDir({ prefix: "sluice-backup-" });
  const url = (database: string) => cluster.url.replace(/postgres$/, database);
  await using database = new Database({ url: cluster.url, recycle: false });
  await database.run((sql) => sql`create database live`);
  await database.run((sql) => sql`create database restored`);
  await using live = new Database({ url: url("live"), recycle: false });
  await migrate(live, await readMigrations(MIGRATIONS));
  return {
    cluster,
    folder,
    url,
    async [Symbol.asyncDispose]() {
      await cluster[Symbol.asyncDispose]();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** Opens an application; nothing is flushed unless a test forces it. */
function openApp(database: Database, kv?: Deno.Kv): Promise<TestApp> {
  return openTestApp(database, {
    environment: { BATCH_SIZE: "10000", BATCH_TIMEOUT_MS: "600000", ENABLE_ENRICHMENT: "false" },
    parts: (parts) => kv === undefined ? parts : { ...parts, kv },
  });
}

/** Copies the KV of a running service; `sqlite3 kv.sqlite3 "vacuum into 'copy'"` does the same. */
function backUpKv({ kvPath }: TestApp, { folder }: Site): string {
  const copy = `${folder}/kv-${crypto.randomUUID()}.sqlite3`;
  const database = new DatabaseSync(kvPath);
  database.exec(`vacuum into '${copy}'`);
  database.close();
  return copy;
}

async function run(program: string, ...args: string[]): Promise<void> {
  const command = new Deno.Command(`${serverPrograms()}/${program}`, { args, stdin: "null" });
  const { success, stderr } = await command.output();
  if (!success) throw new Error(`${program}: ${new TextDecoder().decode(stderr)}`);
}

async function dump(site: Site): Promise<string> {
  const path = `${site.folder}/${crypto.randomUUID()}.dump`;
  await run("pg_dump", "-Fc", "-f", path, site.url("live"));
  return path;
}

async function restore(site: Site, path: string): Promise<void> {
  await run("pg_restore", "-d", site.url("restored"), path);
}

async function send(app: TestApp, types: readonly string[]): Promise<void> {
  for (const eventType of types) {
    const response = await app.post("/v1/events", {
      eventType,
      idempotencyKey: crypto.randomUUID(),
    });
    assertEquals(await response.json(), { eventId: null, tracked: true });
  }
}

/** The event types of all rows, in order, and what reconciliation says of the rows. */
async function stateOf(app: TestApp, database: Database) {
  await forceFlush(app);
  await app.app.everyMinute();
  const rows = await database.run((sql) =>
    sql<{ event_type: string }[]>`select event_type from events order by event_type`
  );
  const text = await (await app.get("/metrics")).text();
  const [, difference] = /^sluice_reconciliation_difference\{equation="rows"\} (.*)$/m.exec(text) ??
    [];
  return { rows: rows.map(({ event_type }) => event_type).join(" "), difference };
}

/** Runs a service to its backups and on, then another one on what is restored. */
async function scenario(
  live: (app: TestApp, site: Site) => Promise<{ kv: string; dump: string }>,
): Promise<{ rows: string; difference: string | undefined }> {
  await using site = await openSite();
  const copies = await (async () => {
    await using database = new Database({ url: site.url("live"), recycle: false });
    await using app = await openApp(database);
    return await live(app, site);
  })();
  await restore(site, copies.dump);
  await using database = new Database({ url: site.url("restored"), recycle: false });
  await using stack = new AsyncDisposableStack();
  const kv = await openKv(copies.kv, { clock: systemClock, random: Math.random });
  stack.defer(() => kv.close());
  await using app = await openApp(database, kv);
  return await stateOf(app, database);
}

const ignore = serverPrograms() === null;

Deno.test({
  name: "11.11 KV backed up before Postgres: both restored lose and double nothing of that moment",
  ignore,
  async fn() {
    const restored = await scenario(async (app, site) => {
      await send(app, ["a", "b"]);
      await forceFlush(app);
      await send(app, ["c", "d"]);
      const kv = backUpKv(app, site);
      await forceFlush(app); // c and d are in both
      return { kv, dump: await dump(site) };
    });
    assertEquals(restored, { rows: "a b c d", difference: "0" });
  },
});

Deno.test({
  name:
    "11.11 an older Postgres under the current KV: rows of since are missing, and it is said how many",
  ignore,
  async fn() {
    const restored = await scenario(async (app, site) => {
      await send(app, ["a", "b"]);
      await forceFlush(app);
      const path = await dump(site);
      await send(app, ["c", "d", "e"]);
      await forceFlush(app);
      await send(app, ["f"]);
      return { kv: backUpKv(app, site), dump: path };
    });
    assertEquals(restored, { rows: "a b f", difference: "3" });
  },
});

Deno.test({
  name: "11.11 an older KV on the current Postgres: nothing is doubled, and the surplus is said",
  ignore,
  async fn() {
    const restored = await scenario(async (app, site) => {
      await send(app, ["a"]);
      await forceFlush(app);
      await send(app, ["b", "c"]);
      const kv = backUpKv(app, site);
      await send(app, ["d", "e"]);
      await forceFlush(app);
      return { kv, dump: await dump(site) };
    });
    assertEquals(restored, { rows: "a b c d e", difference: "-2" });
  },
});

Deno.test({
  name: "11.11 a copy of the KV taken under load has every event acknowledged before, once",
  ignore,
  async fn() {
    const before: string[] = [];
    const restored = await scenario(async (app, site) => {
      const path = await dump(site);
      let stop = false;
      const load = (async () => {
        for (let n = 0; !stop; n++) {
          await send(app, [`n${n}`]);
          before.push(`n${n}`);
        }
      })();
      await until(() => before.length >= 50, "load");
      const acknowledged = before.length;
      const kv = backUpKv(app, site);
      stop = true;
      await load;
      before.length = acknowledged;
      return { kv, dump: path };
    });
    const rows = restored.rows.split(" ");
    assertEquals(before.filter((type) => rows.filter((row) => row === type).length !== 1), []);
    assertEquals(restored.difference, "0");
  },
});
