/** A service in this process with faults to be switched on: in KV, on the way to Postgres, and in Postgres. */

import { retryingKv } from "../../../src/kv/retry_when_locked.ts";
import { systemClock } from "../../../src/clock.ts";
import { Database, type Sql } from "../../../src/store/database.ts";
import { openTestApp, type TestApp } from "../../support/app.ts";
import { faultyKv, type KvFaults, noFaults } from "../../support/faulty_kv.ts";
import type { TestPostgres } from "../../support/postgres.ts";
import { TcpProxy } from "../../support/tcp_proxy.ts";

/** What a fault may take hold of. */
export interface Fixture extends AsyncDisposable {
  readonly sluice: TestApp;
  readonly kvFaults: KvFaults;
  /** Between the service and Postgres. */
  readonly proxy: TcpProxy;
  /** Runs a statement as an administrator, past the proxy. */
  sql<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
  /** Whom the service is to Postgres; `null`: whoever the test is. */
  readonly role: string | null;
  /** How many flushes have failed so far, for whatever reason. */
  failedFlushes(): Promise<number>;
}

/** How long the service waits for Postgres here. */
export const DEADLINE_MS = 700;
/** Events that start a flush, fewer than a test sends at once. */
const BATCH_SIZE = "10";

/** A role of the server that may do what the service does, and whom limits bind. */
export interface ServiceRole extends AsyncDisposable {
  readonly name: string;
  readonly url: string;
}

/** Makes the role; `null` on the embedded Postgres, where everybody is one. */
export async function openServiceRole(
  { url, database }: TestPostgres,
): Promise<ServiceRole | null> {
  if (!Deno.env.has("TEST_DATABASE_URL")) return null;
  const name = `sluice_${crypto.randomUUID().replaceAll("-", "")}`;
  const run = (statements: string) =>
    database.run(async (sql) => void await sql.unsafe(statements));
  await run(`
    create role ${name} login password '${name}';
    grant all on all tables in schema public to ${name};
  `);
  const { href } = Object.assign(new URL(url), { username: name, password: name });
  return {
    name,
    url: href,
    [Symbol.asyncDispose]: () => run(`drop owned by ${name}; drop role ${name}`),
  };
}

/** Opens one, on which the service is the given role. */
export async function openFixture(
  postgres: TestPostgres,
  role: Pick<ServiceRole, "name" | "url"> | null,
): Promise<Fixture> {
  const { url } = role ?? postgres;
  await using opened = new AsyncDisposableStack();
  const kvFaults = noFaults();
  const proxy = opened.use(new TcpProxy(Number(new URL(url).port)));
  const database = opened.use(
    new Database({ url: proxy.through(url), deadlineMs: DEADLINE_MS, recycle: false }),
  );
  const patience = { clock: systemClock, random: Math.random };
  const sluice = opened.use(
    await openTestApp(database, {
      environment: { BATCH_SIZE, BATCH_TIMEOUT_MS: "100" },
      // Faults are below the patience, where those of a real KV are.
      parts: (parts) => ({ ...parts, kv: retryingKv(faultyKv(parts.kv, kvFaults), patience) }),
    }),
  );
  const parts = opened.move();
  return {
    sluice,
    kvFaults,
    proxy,
    role: role?.name ?? null,
    sql: (work) => postgres.database.run(work),
    async failedFlushes() {
      const text = await (await sluice.get("/metrics")).text();
      const counts = text.matchAll(
        /^sluice_flush_seconds_count\{.*result="(?:unavailable|failed|fenced)".*\} (\d+)$/gm,
      );
      return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
    },
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}
