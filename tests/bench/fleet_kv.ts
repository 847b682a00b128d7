/** The KVs that several services share: a file, a denokv, a PostgreSQL; each on this machine. */

import { join } from "node:path";
import postgres from "postgres";
import type { Sql } from "../../src/store/database.ts";
import { openCluster, serverPrograms } from "../support/cluster.ts";
import { findDenokv, openDenokv } from "../support/denokv.ts";
import { readCpu, readServerCpu } from "./cpu.ts";
import { MissingError } from "./requirements.ts";
import type { Suite } from "./types.ts";

/** An empty KV. */
export interface KvUnderTest {
  /** `KV_PATH`. */
  readonly path: string;
  /** The CPU time of its server so far, in microseconds; `null`: it has none. */
  readonly readCpu: (() => Promise<number>) | null;
}

/** Makes empty KVs of one kind. */
export interface KvSource extends AsyncDisposable {
  open(): Promise<KvUnderTest>;
}

/** A kind of KV. */
export interface KvKind {
  readonly name: string;
  /** @throws {MissingError} where it cannot be had */
  prepare(suite: Suite): Promise<KvSource>;
}

/** All kinds. */
export const KV_KINDS: readonly KvKind[] = [
  { name: "a file", prepare: (suite) => Promise.resolve(prepareFiles(suite)) },
  { name: "denokv", prepare: () => Promise.resolve(prepareDenokv()) },
  { name: "PostgreSQL", prepare: preparePostgres },
];

/** Processes of several fleets, which are all connected at once. */
const MAX_CONNECTIONS = 200;

function prepareFiles(suite: Suite): KvSource {
  return {
    open: async () => ({ path: join(await suite.newFolder(), "kv.sqlite3"), readCpu: null }),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

function prepareDenokv(): KvSource {
  if (findDenokv() === null) {
    throw new MissingError("denokv is missing: cargo install denokv, or set DENOKV to its path");
  }
  const opened = new AsyncDisposableStack();
  return {
    async open() {
      const server = opened.use(await openDenokv());
      return { path: server.path, readCpu: async () => (await readCpu(server.pid)).total };
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

async function preparePostgres(): Promise<KvSource> {
  if (serverPrograms() === null) {
    throw new MissingError("PostgreSQL's server programs are missing: apt-get install postgresql");
  }
  await using opened = new AsyncDisposableStack();
  const cluster = opened.use(await openCluster({ maxConnections: MAX_CONNECTIONS }));
  const sql: Sql = postgres(cluster.url, { max: 1, onnotice: () => {}, fetch_types: false });
  opened.defer(() => sql.end({ timeout: 1 }));
  const [backend] = await sql<[{ pid: number }]>`select pg_backend_pid() as pid`;
  const parts = opened.move();
  let databases = 0;
  return {
    async open() {
      const name = `buffer_${databases++}`;
      await sql.unsafe(`create database ${name}`);
      return {
        path: Object.assign(new URL(cluster.url), { pathname: `/${name}` }).href,
        readCpu: () => readServerCpu(backend.pid),
      };
    },
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}
