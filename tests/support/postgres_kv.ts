/** A KV in PostgreSQL, for a test. */

import postgres from "postgres";
import { systemClock } from "../../src/clock.ts";
import { openRemoteKv } from "../../src/kv/open.ts";
import { isPostgresUrl } from "../../src/store/connection_string.ts";
import { surviveDriverFaults } from "../../src/store/driver_faults.ts";
import { startEmbedded } from "../../src/store/embedded.ts";
import { type Cluster, openCluster } from "./cluster.ts";
import { KV_DEADLINE_MS } from "./denokv.ts";
import { emptyPostgres } from "./empty_postgres.ts";
import type { KvPlace, TestKv } from "./kv.ts";

surviveDriverFaults();

/** An empty database: on the server of `TEST_DATABASE_URL`, or embedded. */
export async function makePostgresKv(): Promise<KvPlace> {
  const server = Deno.env.get("TEST_DATABASE_URL");
  if (server === undefined) {
    const { url, ...embedded } = await startEmbedded({ dump: await emptyPostgres() });
    return { path: url, ...embedded };
  }
  const name = `sluice_kv_${crypto.randomUUID().replaceAll("-", "")}`;
  const admin = postgres(server, { max: 1, onnotice: () => {} });
  await admin.unsafe(`create database ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return {
    path: url.href,
    async [Symbol.asyncDispose]() {
      await admin.unsafe(`drop database ${name} with (force)`);
      await admin.end();
    },
  };
}

/** A server for KV that can be killed and started again. */
export interface KvServer extends KvPlace, Pick<Cluster, "port" | "start"> {
  /** Ends all of its processes at once. */
  kill(): Promise<void>;
}

/** Starts a server of its own. */
export async function openKvServer(): Promise<KvServer> {
  const cluster = await openCluster();
  const { url: path, port, start, stopImmediately: kill } = cluster;
  return { path, port, start, kill, [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose]() };
}

/** Opens the KV of other processes, in a file or in PostgreSQL. */
export async function openKvOf(path: string): Promise<TestKv> {
  if (isPostgresUrl(path)) return await openTestPostgresKv({ path });
  const kv = await Deno.openKv(path);
  return { kv, path, [Symbol.asyncDispose]: () => Promise.resolve(kv.close()) };
}

/** Opens a KV as the service does, by default in a database of its own, which ends with it. */
export async function openTestPostgresKv(
  place?: Pick<KvPlace, "path">,
  deadlineMs = KV_DEADLINE_MS,
): Promise<TestKv> {
  const own = place === undefined ? await makePostgresKv() : null;
  const path = place?.path ?? own?.path ?? "";
  const kv = await openRemoteKv(path, { clock: systemClock, deadlineMs });
  return {
    kv: kv as unknown as Deno.Kv, // all of it that the service uses
    path,
    async [Symbol.asyncDispose]() {
      await kv.close();
      await own?.[Symbol.asyncDispose]();
    },
  };
}
