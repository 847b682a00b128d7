/** The environment of a stress run: a Postgres behind a proxy, a service, and what the service uses. */

import postgres from "postgres";
import { Database } from "../../src/store/database.ts";
import { startEmbedded } from "../../src/store/embedded.ts";
import { openCluster, serverPrograms } from "../support/cluster.ts";
import { openKvConnect } from "../support/denokv.ts";
import type { KvPlace } from "../support/kv.ts";
import { makePostgresKv, openKvServer } from "../support/postgres_kv.ts";
import { MAIN, type ServiceProcess, startProcess } from "../support/service_process.ts";
import { TcpProxy } from "../support/tcp_proxy.ts";

/** A service, its Postgres and the proxy between them. */
export interface Environment extends AsyncDisposable {
  readonly service: ServiceProcess;
  /** Between the service and Postgres. */
  readonly proxy: TcpProxy;
  /** Postgres, bypassing the proxy. */
  readonly database: Database;
  readonly kvPath: string;
  /** Name and version of the Postgres. */
  readonly server: string;
  /** Counts the service's connections to Postgres; always 0 on the embedded one. */
  countConnections(): Promise<number>;
}

/** What a run's services keep the buffer in: a file, denokv (or its stand-in), or a PostgreSQL of its own. */
export const KV_KINDS = ["file", "denokv", "postgres"] as const;

/** One of `KV_KINDS`. */
export type KvKind = typeof KV_KINDS[number];

/** Starts the server that keeps the buffer, if there is one; a file is in `folder`. */
export async function openKvPlace(kind: KvKind, folder: string): Promise<KvPlace> {
  if (kind === "denokv") return await openKvConnect();
  if (kind === "postgres") {
    return serverPrograms() === null ? await makePostgresKv() : await openKvServer();
  }
  return { path: `${folder}/kv.sqlite3`, [Symbol.asyncDispose]: () => Promise.resolve() };
}

/** Starts a Postgres: a real server if installed, else the embedded one. */
export async function openPostgres(): Promise<AsyncDisposable & { readonly url: string }> {
  return serverPrograms() === null ? await startEmbedded({ dump: null }) : await openCluster();
}

/** Starts a Postgres and a service with `settings`, and with a buffer of a kind. */
export async function openEnvironment(
  settings: Record<string, string>,
  kv: KvKind = "file",
): Promise<Environment> {
  await using opened = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir({ prefix: "sluice-stress-" });
  opened.defer(() => Deno.remove(folder, { recursive: true }));
  const { url } = opened.use(await openPostgres());
  const proxy = opened.use(new TcpProxy(Number(new URL(url).port)));
  const database = opened.use(new Database({ url, deadlineMs: 300_000 }));
  const watch = postgres(url, { max: 1, onnotice: () => {} });
  opened.defer(() => watch.end({ timeout: 1 }));
  const { path: kvPath } = opened.use(await openKvPlace(kv, folder));
  const service = opened.use(
    await startProcess(MAIN, {
      KV_PATH: kvPath,
      DATABASE_URL: proxy.through(url),
      ...settings,
    }),
  );
  const [{ version }] = await watch<[{ version: string }]>`select version() as version`;
  const parts = opened.move();
  return {
    service,
    proxy,
    database,
    kvPath,
    server: version.split(" ").slice(0, 2).join(" "),
    async countConnections() {
      const [{ count }] = await watch<[{ count: number }]>`
        select count(*)::integer as count from pg_stat_activity
        where application_name = 'sluice' and client_port is not null
      `;
      return count;
    },
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

/** Resources that a process uses. */
export interface ProcessUsage {
  /** Resident memory in MB. */
  readonly rss: number;
  /** Open file descriptors, except client connections. */
  readonly handles: number;
}

/** Reads what a service uses from Linux's `/proc`. */
export async function measureProcess(
  { pid, url }: Pick<ServiceProcess, "pid" | "url">,
): Promise<ProcessUsage> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  const clients = await socketsOn(pid, Number(new URL(url).port));
  let handles = 0;
  for await (const { name } of Deno.readDir(`/proc/${pid}/fd`)) {
    // It may have been closed since.
    const target = await Deno.readLink(`/proc/${pid}/fd/${name}`).catch(() => null);
    if (target !== null && !clients.has(target)) handles += 1;
  }
  return { rss: Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? NaN) / 1024, handles };
}

/** The sockets on a local port, in the form of `/proc/…/fd` links. */
async function socketsOn(pid: number, port: number): Promise<Set<string>> {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  const sockets = new Set<string>();
  for (const family of ["tcp", "tcp6"]) {
    const table = await Deno.readTextFile(`/proc/${pid}/net/${family}`).catch(() => "");
    for (const line of table.split("\n").slice(1)) {
      const [, local = "", , , , , , , , inode] = line.trim().split(/\s+/);
      if (local.endsWith(`:${hex}`)) sockets.add(`socket:[${inode}]`);
    }
  }
  return sockets;
}
