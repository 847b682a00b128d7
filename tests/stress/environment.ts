/** Where a stress run takes place: a Postgres behind a proxy, a service on it, and what both weigh. */

import postgres from "postgres";
import { Database } from "../../src/store/database.ts";
import { startEmbedded } from "../../src/store/embedded.ts";
import { openCluster, serverPrograms } from "../support/cluster.ts";
import { MAIN, type ServiceProcess, startProcess } from "../support/service_process.ts";
import { TcpProxy } from "../support/tcp_proxy.ts";

/** A service and its surroundings. */
export interface Place extends AsyncDisposable {
  readonly service: ServiceProcess;
  /** Between the service and Postgres. */
  readonly proxy: TcpProxy;
  /** Postgres, past the proxy. */
  readonly database: Database;
  readonly kvPath: string;
  /** How the Postgres is called. */
  readonly server: string;
  /** Connections that the service has to Postgres; 0 on the embedded one, which cannot tell. */
  countConnections(): Promise<number>;
}

/** Starts a Postgres (a server where its programs are installed, else the embedded one) and a service. */
export async function openPlace(environment: Record<string, string>): Promise<Place> {
  await using opened = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir({ prefix: "sluice-stress-" });
  opened.defer(() => Deno.remove(folder, { recursive: true }));
  const { url } = serverPrograms() === null
    ? opened.use(await startEmbedded({ dump: null }))
    : opened.use(await openCluster());
  const proxy = opened.use(new TcpProxy(Number(new URL(url).port)));
  const database = opened.use(new Database({ url, deadlineMs: 300_000 }));
  const watch = postgres(url, { max: 1, onnotice: () => {} });
  opened.defer(() => watch.end({ timeout: 1 }));
  const kvPath = `${folder}/kv.sqlite3`;
  const service = opened.use(
    await startProcess(MAIN, {
      KV_PATH: kvPath,
      DATABASE_URL: proxy.through(url),
      ...environment,
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

/** What a process takes of the machine. */
export interface Weight {
  /** Resident memory in MB. */
  readonly rss: number;
  /** Open file descriptors, but for its callers' connections, which are theirs to close. */
  readonly handles: number;
}

/** Weighs a service, by Linux's `/proc`. */
export async function weigh({ pid, url }: Pick<ServiceProcess, "pid" | "url">): Promise<Weight> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  const callers = await socketsOn(pid, Number(new URL(url).port));
  let handles = 0;
  for await (const { name } of Deno.readDir(`/proc/${pid}/fd`)) {
    // One that was closed meanwhile is none.
    const target = await Deno.readLink(`/proc/${pid}/fd/${name}`).catch(() => null);
    if (target !== null && !callers.has(target)) handles += 1;
  }
  return { rss: Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? NaN) / 1024, handles };
}

/** The sockets on a port of this machine, as `/proc` names what is open. */
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
