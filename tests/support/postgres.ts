/**
 * A Postgres for a test file: its own database on the server of `TEST_DATABASE_URL`, or an embedded
 * instance in memory.
 */

import postgres from "postgres";
import { Database } from "../../src/store/database.ts";
import { startEmbedded } from "../../src/store/embedded.ts";
import { surviveDriverFaults } from "../../src/store/driver_faults.ts";
import { migrate, readMigrations } from "../../src/store/migrate.ts";
import { MIGRATIONS } from "../../src/service.ts";
import { emptyPostgres } from "./empty_postgres.ts";

surviveDriverFaults();

const CONNECTIONS = 4;

/** A Postgres with all migrations applied. */
export interface TestPostgres extends AsyncDisposable {
  readonly url: string;
  readonly database: Database;
}

/** Opens a Postgres. Call it at the top of a file, outside of tests, and dispose it in `afterAll`. */
export async function openTestPostgres(): Promise<TestPostgres> {
  const place = await openEmptyDatabase();
  const database = new Database({ url: place.url, maxConnections: CONNECTIONS, recycle: false });
  await migrate(database, await readMigrations(MIGRATIONS));
  // Opens all connections now, so that the sanitizers attribute none to a test.
  await Promise.all(
    Array.from({ length: CONNECTIONS }, () => database.run((sql) => sql`select pg_sleep(0.05)`)),
  );
  return {
    url: place.url,
    database,
    async [Symbol.asyncDispose]() {
      await database[Symbol.asyncDispose]();
      await place[Symbol.asyncDispose]();
    },
  };
}

/** Opens a database to which no migration was applied. */
export async function openEmptyDatabase(): Promise<AsyncDisposable & { readonly url: string }> {
  const server = Deno.env.get("TEST_DATABASE_URL");
  return server
    ? await createDatabase(server)
    : await startEmbedded({ dump: await emptyPostgres() });
}

async function createDatabase(server: string) {
  const name = `sluice_test_${crypto.randomUUID().replaceAll("-", "")}`;
  const admin = postgres(server, { max: 1, onnotice: () => {} });
  await admin.unsafe(`create database ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    async [Symbol.asyncDispose]() {
      await admin.unsafe(`drop database ${name} with (force)`);
      await admin.end();
    },
  };
}
