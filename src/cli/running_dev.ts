/** Where the running `deno task dev` is, for commands in another terminal. */

import { join } from "node:path";
import { makePrivateFolder } from "../private_files.ts";

/** The addresses of a running `dev`. */
export interface RunningDev {
  /** The service's URL, without a slash at the end. */
  readonly url: string;
  /** The URL of its Postgres. */
  readonly databaseUrl: string;
  /** Whether its Postgres is embedded. */
  readonly embedded: boolean;
}

const TIMEOUT_MS = 2_000;

/** Saves where `dev` is; disposing forgets it. The file is private: the database's URL may have a password. */
export async function saveRunningDev(dataDir: string, dev: RunningDev): Promise<AsyncDisposable> {
  await makePrivateFolder(dataDir);
  const path = filePath(dataDir);
  await Deno.writeTextFile(path, JSON.stringify(dev), { mode: 0o600 });
  return { [Symbol.asyncDispose]: () => Deno.remove(path).catch(() => {}) };
}

/** Returns where the `dev` with this data directory is; `null` if it does not run. */
export async function findRunningDev(dataDir: string): Promise<RunningDev | null> {
  const dev = await readRunningDev(dataDir);
  // A dev that was killed has left its file. One that restarts its service still has its Postgres.
  return dev !== null && (await isUp(dev.url) || await hasPostgres(dev)) ? dev : null;
}

/** Returns the `dev` that has the embedded Postgres of this data directory open, which is for one only. */
export async function findOpenPostgres(dataDir: string): Promise<RunningDev | null> {
  const dev = await readRunningDev(dataDir);
  return dev !== null && await hasPostgres(dev) ? dev : null;
}

async function readRunningDev(dataDir: string): Promise<RunningDev | null> {
  try {
    const { url, databaseUrl, embedded } = JSON.parse(await Deno.readTextFile(filePath(dataDir)));
    return typeof url === "string" && typeof databaseUrl === "string"
      ? { url, databaseUrl, embedded: embedded === true }
      : null;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof SyntaxError) return null;
    throw error;
  }
}

function filePath(dataDir: string): string {
  return join(dataDir, "dev.json");
}

async function isUp(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/livez`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

/** Whether the embedded Postgres listens; its port is random, so that it is the one of this dev. */
async function hasPostgres({ embedded, databaseUrl }: RunningDev): Promise<boolean> {
  const { hostname, port } = URL.parse(databaseUrl) ?? {};
  if (!embedded || hostname === undefined) return false;
  try {
    (await Deno.connect({ hostname, port: Number(port) })).close();
    return true;
  } catch {
    return false;
  }
}
