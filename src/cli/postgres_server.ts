/** A PostgreSQL for the buffer of `deno task cluster`. */

import { join } from "node:path";
import { makePrivateFolder } from "../private_files.ts";
import { startEmbedded } from "../store/embedded.ts";
import { type KvServer, KvServerError, spawnServer } from "./kv_server.ts";
import { findFreePort } from "./port.ts";

/** Where a PostgreSQL server runs as a user other than that of this process. */
export interface PostgresOptions {
  readonly folder: string;
  /** The folder of the server programs. */
  readonly programs: string;
  readonly user?: { readonly uid: number; readonly gid: number };
}

const LOOPBACK = "127.0.0.1";
const PACKAGES = "/usr/lib/postgresql";
/** Each process has up to ten connections; 32 processes are the most. */
const MAX_CONNECTIONS = 400;

/**
 * Starts a PostgreSQL for the buffer: by the server programs where they are installed, else an embedded one.
 * A folder that has data stays with what has written it. As root it is the embedded one: the server refuses
 * to run as root.
 *
 * @throws {KvServerError} if the server does not start
 */
export async function startPostgres(dataDir: string): Promise<KvServer> {
  const embedded = join(dataDir, "kv-embedded");
  const programs = findServerPrograms();
  const isRoot = Deno.build.os !== "windows" && Deno.uid() === 0;
  if (programs === null || isRoot || await exists(embedded)) {
    const { url, ...rest } = await startEmbedded({ folder: embedded });
    return { path: url, environment: {}, ...rest };
  }
  return await startPostgresServer({ folder: join(dataDir, "kv-postgres"), programs });
}

/**
 * Starts a server by the programs of an installed one.
 *
 * @throws {KvServerError} with the last lines of its log
 */
export async function startPostgresServer(
  { folder, programs, user }: PostgresOptions,
): Promise<KvServer> {
  const data = join(folder, "data");
  const log = join(folder, "log");
  async function run(program: string, ...args: string[]): Promise<boolean> {
    // The server inherits these streams and would keep a pipe open.
    const { success } = await spawnServer(join(programs, program), "PG_BIN", {
      args: ["-D", data, ...args],
      ...user,
      cwd: "/",
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).status;
    return success;
  }
  if (user === undefined) await makePrivateFolder(folder);
  if (!await exists(data)) await run("initdb", "-U", "sluice", "--auth=trust", "-E", "UTF8");
  await run("pg_ctl", "-m", "fast", "-w", "stop"); // one that a killed cluster has left
  const port = findFreePort(LOOPBACK);
  const settings =
    `-p ${port} -c listen_addresses=${LOOPBACK} -c unix_socket_directories= -c max_connections=${MAX_CONNECTIONS}`;
  if (!await run("pg_ctl", "-w", "-l", log, "-o", settings, "start")) {
    const lines = (await Deno.readTextFile(log).catch(() => "")).trim().split("\n").slice(-3);
    throw new KvServerError(`PostgreSQL in ${folder} does not start: ${lines.join(" / ")}`);
  }
  return {
    path: `postgres://sluice@${LOOPBACK}:${port}/postgres`,
    environment: {},
    async [Symbol.asyncDispose]() {
      await run("pg_ctl", "-m", "fast", "-w", "stop");
    },
  };
}

/** The folder of the server programs: `PG_BIN`, else the newest Debian package; `null` if there is none. */
export function findServerPrograms(): string | null {
  const given = Deno.env.get("PG_BIN");
  if (given) return given;
  try {
    const versions = [...Deno.readDirSync(PACKAGES)].map(({ name }) => Number(name));
    return versions.length === 0 ? null : `${PACKAGES}/${Math.max(...versions)}/bin`;
  } catch {
    return null;
  }
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}
