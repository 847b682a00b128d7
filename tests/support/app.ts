/** The whole application with real parts, for tests of its endpoints. */

import { type App, createApp, type OpenedParts } from "../../src/app.ts";
import { mintToken } from "../../src/auth/token.ts";
import { systemClock } from "../../src/clock.ts";
import { type Config, loadConfig } from "../../src/config.ts";
import { botEnricher } from "../../src/enrichment/bot.ts";
import { createCampaignEnricher } from "../../src/enrichment/campaign.ts";
import { userAgentEnricher } from "../../src/enrichment/user_agent.ts";
import { LOCAL_LIMITS } from "../../src/kv/limits.ts";
import { readAssets } from "../../src/http/assets.ts";
import { DIST, MIGRATIONS } from "../../src/service.ts";
import type { Database } from "../../src/store/database.ts";
import { readMigrations } from "../../src/store/migrate.ts";
import { openTestKv, type TestKv } from "./kv.ts";
import { newId } from "./ids.ts";

/** The secret that tests sign with. */
export const SECRET = "a secret for tests, and for tests alone";

/** An application for one test. */
export interface TestApp extends AsyncDisposable {
  readonly app: App;
  readonly kv: Deno.Kv;
  readonly kvPath: string;
  readonly config: Config;
  /** Mints a token for a role. */
  token(role: string, sub?: string): Promise<string>;
  /** Posts JSON (or text as it is) to an endpoint, without a socket. */
  post(path: string, body: unknown, headers?: HeadersInit): Promise<Response>;
  /** Gets a path, without a socket. */
  get(path: string, headers?: HeadersInit): Promise<Response>;
}

/** Options of `openTestApp`. */
export interface TestAppOptions {
  readonly environment?: Record<string, string>;
  /** Opens its KV, in a file by default. */
  readonly openKv?: () => Promise<TestKv>;
  readonly parts?: (parts: OpenedParts) => OpenedParts;
}

/**
 * Makes an application with its own KV on the given Postgres. It is not started: it flushes by size, by
 * time and by force, while cron and startup run only when a test calls them.
 */
export async function openTestApp(
  database: Database,
  { environment = {}, openKv = openTestKv, parts = (same) => same }: TestAppOptions = {},
): Promise<TestApp> {
  const { kv, path, ...opened } = await openKv();
  const config = loadConfig({ AUTH_JWT_SECRET: SECRET, KV_QUEUES: "off", ...environment });
  const app = createApp(parts({
    config,
    kv,
    kvLimits: LOCAL_LIMITS,
    enrichers: [userAgentEnricher, botEnricher, createCampaignEnricher({ ownHosts: [] })],
    database,
    adminDatabase: database,
    migrations: await readMigrations(MIGRATIONS),
    assets: await readAssets(DIST),
    clock: systemClock,
    newId,
    random: Math.random,
  }));
  const origin = "http://sluice.test";
  return {
    app,
    kv,
    kvPath: path,
    config,
    token: (role, sub = "user_1") =>
      mintToken(SECRET, { sub, role, expiresInSeconds: 600 }, Date.now()),
    post: async (path, body, headers = {}) =>
      await app.fetch(
        new Request(origin + path, {
          method: "POST",
          headers: {
            "content-type": "application/json",
            ...Object.fromEntries(new Headers(headers)),
          },
          body: typeof body === "string" ? body : JSON.stringify(body),
        }),
      ),
    get: async (path, headers = {}) => await app.fetch(new Request(origin + path, { headers })),
    async [Symbol.asyncDispose]() {
      await app.drain(5_000);
      await opened[Symbol.asyncDispose]();
    },
  };
}
