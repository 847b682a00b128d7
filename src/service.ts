/** Opens the stores that the settings name and creates the application; `main.ts` adds the socket. */

import { dirname, join, resolve } from "node:path";
import { getLogger } from "@logtape/logtape";
import { type App, createApp } from "./app.ts";
import { describeIdleSettings } from "./auth/idle_settings.ts";
import { systemClock } from "./clock.ts";
import { type Config, ConfigError } from "./config.ts";
import { openEnrichers } from "./enrichment/enrichers.ts";
import { createIdGenerator } from "./events/id.ts";
import { readAssets } from "./http/assets.ts";
import { chooseLimits, isFile, isRemote, openKv, openRemoteKv } from "./kv/open.ts";
import { DiskReserve } from "./kv/reserve.ts";
import { makePrivateFolder } from "./private_files.ts";
import { Database } from "./store/database.ts";
import { nameProcess } from "./process_name.ts";
import { isPostgresUrl } from "./store/connection_string.ts";
import { parseDatabaseUrl } from "./store/database_url.ts";
import { findFileProblem } from "./store/driver.ts";
import { startEmbedded } from "./store/embedded.ts";
import { readMigrations } from "./store/migrate.ts";

/** The folder of the migrations. */
export const MIGRATIONS = new URL("../migrations/", import.meta.url);

/** The folder that `deno task build` writes the browser assets to. */
export const DIST = new URL("../dist/", import.meta.url);

const ADMIN_CONNECTIONS = 2;
const ADMIN_STATEMENT_TIMEOUT_MS = 10_000;

/** A running application; disposing closes its stores. */
export interface RunningService extends AsyncDisposable {
  readonly app: App;
}

const logger = getLogger(["sluice"]);

/** Opens KV and Postgres (embedded if there is no `DATABASE_URL`) and creates the application. */
export async function openService(config: Config): Promise<RunningService> {
  await using opened = new AsyncDisposableStack();
  if (usesDataDir(config)) await makePrivateFolder(config.dataDir);
  const reserve = createReserve(config);
  checkKvUrl(config);
  const kv = isRemote(config.kvPath)
    ? await openRemoteKv(config.kvPath, { clock: systemClock, deadlineMs: config.kvTimeoutMs })
    : await openKv(config.kvPath, {
      clock: systemClock,
      random: Math.random,
      reserve,
      onError: (error) => reserve?.observe(error),
    });
  opened.defer(() => kv.close());
  if (reserve !== undefined) await opened.use(reserve).start(kv);
  if (config.databaseUrl !== null) checkDatabaseUrl(config.databaseUrl);
  for (const sentence of describeIdleSettings(config.auth)) logger.warn("{sentence}", { sentence });
  const url = usesEmbedded(config)
    ? opened.use(await startEmbedded({ folder: join(config.dataDir, "postgres") })).url
    : config.databaseUrl;
  const database = opened.use(new Database({ url }));
  const adminDatabase = opened.use(
    new Database({
      url,
      maxConnections: ADMIN_CONNECTIONS,
      statementTimeoutMs: ADMIN_STATEMENT_TIMEOUT_MS,
    }),
  );
  const enrichers = opened.use(
    await openEnrichers({
      ownHosts: config.ownHosts,
      cityDatabase: config.geoipDbPath,
      clock: systemClock,
    }).catch((error) => {
      throw new ConfigError(error.message, { cause: error });
    }),
  );
  const app = createApp({
    config,
    kv,
    kvLimits: chooseLimits(config.kvPath, config.kvCommitsInFlight),
    enrichers: enrichers.list,
    locate: enrichers.locate,
    database,
    adminDatabase,
    isDiskFull: () => reserve?.isFull ?? false,
    reserveBytes: reserve && (() => reserve.bytes),
    migrations: await readMigrations(MIGRATIONS),
    assets: await readAssets(DIST),
    clock: systemClock,
    processName: await nameProcess(config.deployment),
    newId: createIdGenerator(systemClock),
    random: Math.random,
  });
  const parts = opened.move();
  return { app, [Symbol.asyncDispose]: () => parts.disposeAsync() };
}

/** The reserve of a KV that is a file, unless `KV_RESERVE_MB` is 0. */
function createReserve({ kvPath, kvReserveBytes: bytes }: Config): DiskReserve | undefined {
  if (kvPath === null || !isFile(kvPath) || bytes === 0) return undefined;
  return new DiskReserve({ clock: systemClock, path: `${kvPath}-reserve`, bytes });
}

/** Checks what a valid URL depends on, and says which of its parameters have no effect. */
function checkDatabaseUrl(text: string, setting = "DATABASE_URL"): void {
  const url = parseDatabaseUrl(text);
  const problem = findFileProblem(url, setting);
  if (problem !== null) throw new ConfigError(problem);
  if (url.ignored.length === 0) return;
  const names = url.ignored.join(", ");
  logger.warn("{setting} has parameters that are unknown and have no effect: {names}", {
    setting,
    names,
  });
}

/** A preview on Deno Deploy may have no database at all (contract 11.13). */
function usesEmbedded({ databaseUrl, onDeploy }: Config): boolean {
  return databaseUrl === null && !onDeploy;
}

function usesDataDir(config: Config): boolean {
  const { dataDir, kvPath } = config;
  return usesEmbedded(config) || (kvPath !== null && dirname(resolve(kvPath)) === resolve(dataDir));
}

/** Checks the URL of a buffer in PostgreSQL, and says if it does not outlast an outage of `DATABASE_URL`. */
function checkKvUrl({ kvPath, databaseUrl }: Config): void {
  if (kvPath === null || !isPostgresUrl(kvPath)) return;
  checkDatabaseUrl(kvPath, "KV_PATH");
  if (databaseUrl === null || !shareHost(kvPath, databaseUrl)) return;
  logger.warn(
    "KV_PATH is on the same server as DATABASE_URL: while that is away, no event can be accepted. " +
      "In production, give the buffer a server of its own",
  );
}

function shareHost(first: string, second: string): boolean {
  const [hosts, others] = [first, second].map((text) =>
    parseDatabaseUrl(text).hosts.map((host) => JSON.stringify(host))
  );
  return hosts?.some((host) => others?.includes(host)) ?? false;
}
