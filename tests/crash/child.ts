/**
 * A service that kills itself with SIGKILL at a named point.
 *
 * Arguments: the point, and how often it is passed until the kill. Settings come from the environment.
 */

import { getLogger } from "@logtape/logtape";
import { createApp } from "../../src/app.ts";
import { systemClock } from "../../src/clock.ts";
import { userAgentEnricher } from "../../src/enrichment/user_agent.ts";
import { loadConfig } from "../../src/config.ts";
import { chooseLimits, openKv, openRemoteKv } from "../../src/kv/open.ts";
import { isPostgresUrl } from "../../src/store/connection_string.ts";
import type { Kv } from "../../src/kv/port.ts";
import { configureLogging } from "../../src/logging.ts";
import { MIGRATIONS } from "../../src/service.ts";
import { Database } from "../../src/store/database.ts";
import { surviveDriverFaults } from "../../src/store/driver_faults.ts";
import { readMigrations } from "../../src/store/migrate.ts";
import { aroundCommits } from "../support/kv_commits.ts";
import { newId } from "../support/ids.ts";

/** Where the process kills itself. */
export type CrashPoint =
  | "before the KV commit"
  | "after the KV commit"
  | "while holding the lease"
  | "after the Postgres commit and before the KV delete"
  | "after the KV delete";

if (import.meta.main) {
  surviveDriverFaults();
  const [point, passing] = Deno.args;
  const config = loadConfig(Deno.env.toObject());
  await configureLogging(config);
  const retry = { clock: systemClock, random: Math.random };
  const database = new Database({ url: config.databaseUrl ?? "" });
  const { kvPath, kvTimeoutMs: deadlineMs } = config;
  const kv = kvPath !== null && isPostgresUrl(kvPath)
    ? await openRemoteKv(kvPath, { clock: systemClock, deadlineMs })
    : await openKv(kvPath, retry);
  const app = createApp({
    config,
    kv: killAt(kv, point as CrashPoint, Number(passing)),
    kvLimits: chooseLimits(config.kvPath, config.kvCommitsInFlight),
    enrichers: [userAgentEnricher],
    database,
    adminDatabase: database,
    migrations: await readMigrations(MIGRATIONS),
    assets: new Map(),
    clock: systemClock,
    newId,
    random: Math.random,
  });
  const logger = getLogger(["sluice"]);
  Deno.serve({
    port: config.port,
    onListen: ({ port }) => logger.info("Listening on {port}", { port }),
  }, app.fetch);
  app.start();
}

/** Wraps a KV so that it kills the process at a point. */
function killAt(kv: Kv, point: CrashPoint, passing: number): Kv {
  let passed = 0;
  function pass(here: CrashPoint): void {
    if (here === point && ++passed === passing) Deno.kill(Deno.pid, "SIGKILL");
  }
  return aroundCommits(kv, async (kind, commit) => {
    if (kind === "append") pass("before the KV commit");
    if (kind === "flush") pass("after the Postgres commit and before the KV delete");
    const result = await commit();
    if (kind === "append") pass("after the KV commit");
    if (kind === "lease") pass("while holding the lease");
    if (kind === "flush") pass("after the KV delete");
    return result;
  });
}
