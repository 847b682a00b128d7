/** A service in this process, with switchable faults in KV, in the network and in Postgres. */

import {
  CONNECT_LIMITS,
  type KvLimits,
  LOCAL_LIMITS,
  POSTGRES_LIMITS,
} from "../../../src/kv/limits.ts";
import { retryingKv } from "../../../src/kv/retry_when_locked.ts";
import { systemClock } from "../../../src/clock.ts";
import { Database, type Sql } from "../../../src/store/database.ts";
import { openTestApp, type TestApp } from "../../support/app.ts";
import { type Denokv, openConnectedKv, openKvConnect } from "../../support/denokv.ts";
import { openTestKv, type TestKv } from "../../support/kv.ts";
import { type KvServer, openKvServer, openTestPostgresKv } from "../../support/postgres_kv.ts";
import { faultyKv, type KvFaults, noFaults } from "../../support/faulty_kv.ts";
import type { TestPostgres } from "../../support/postgres.ts";
import { TcpProxy } from "../../support/tcp_proxy.ts";

/** Where the KV of the service is. */
export type KvKind = "file" | "denokv" | "PostgreSQL";

const LIMITS: Readonly<Record<KvKind, KvLimits>> = {
  file: LOCAL_LIMITS,
  denokv: CONNECT_LIMITS,
  PostgreSQL: POSTGRES_LIMITS,
};

function openKvOn(on: KvKind, path: string): Promise<TestKv> {
  if (on === "file") return openTestKv();
  return on === "denokv" ? openConnectedKv({ path }) : openTestPostgresKv({ path });
}

/** The service, and what faults are injected into. */
export interface Fixture extends AsyncDisposable {
  readonly sluice: TestApp;
  readonly kvFaults: KvFaults;
  /** Between the service and Postgres. */
  readonly proxy: TcpProxy;
  /** The KV of the service, where it is not a file. */
  readonly remote: RemoteKv | null;
  /** Runs statements as an administrator, bypassing the proxy. */
  sql<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
  /** The service's Postgres role; `null`: the test's own. */
  readonly role: string | null;
  /** The number of flushes that have failed so far. */
  failedFlushes(): Promise<number>;
}

/** denokv, and a proxy between the service and it. */
export interface RemoteKv {
  readonly server: Denokv | KvServer;
  readonly proxy: TcpProxy;
}

/** The service's deadline for statements. */
export const DEADLINE_MS = 700;
/** Fewer than a test sends at once, so that flushes start by size. */
const BATCH_SIZE = "10";

/** A role with the service's privileges, to which connection limits apply. */
export interface ServiceRole extends AsyncDisposable {
  readonly name: string;
  readonly url: string;
}

/** Creates the role; `null` on the embedded Postgres, which has no roles. */
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

/**
 * Opens a fixture whose service connects as the given role.
 *
 * @param on where the KV of the service is
 */
export async function openFixture(
  postgres: TestPostgres,
  role: Pick<ServiceRole, "name" | "url"> | null,
  on: KvKind = "file",
): Promise<Fixture> {
  const { url } = role ?? postgres;
  await using opened = new AsyncDisposableStack();
  const kvFaults = noFaults();
  const proxy = opened.use(new TcpProxy(Number(new URL(url).port)));
  const database = opened.use(
    new Database({ url: proxy.through(url), deadlineMs: DEADLINE_MS, recycle: false }),
  );
  const retry = { clock: systemClock, random: Math.random };
  let remote: RemoteKv | null = null;
  if (on !== "file") {
    const server = opened.use(await (on === "denokv" ? openKvConnect() : openKvServer()));
    remote = { server, proxy: opened.use(new TcpProxy(server.port)) };
  }
  const path = remote?.proxy.through(remote.server.path) ?? null;
  const sluice = opened.use(
    await openTestApp(database, {
      environment: { BATCH_SIZE, BATCH_TIMEOUT_MS: "100" },
      openKv: () => openKvOn(on, path ?? ""),
      // Injected below the retries, like the faults of a real KV.
      parts: (parts) => ({
        ...parts,
        kvLimits: LIMITS[on],
        kv: retryingKv(faultyKv(parts.kv, kvFaults), retry),
      }),
    }),
  );
  const parts = opened.move();
  return {
    sluice,
    kvFaults,
    proxy,
    remote,
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
