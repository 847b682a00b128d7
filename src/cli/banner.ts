/** The text that `deno task dev` prints once the service is up. */

import { join } from "node:path";
import type { Config } from "../config.ts";
import { isPostgresUrl } from "../store/connection_string.ts";
import { bold, faint } from "./terminal.ts";

/** Commands find the running service in this folder unless they are told another. */
const DEFAULT_DATA_DIR = ".data";

/** Options of `renderBanner`. */
export interface BannerOptions {
  readonly url: string;
  readonly config: Pick<Config, "kvPath" | "dataDir">;
  /** Whether Postgres is embedded. */
  readonly embedded: boolean;
  /** A role that admins have. */
  readonly adminRole: string;
  /** A token with this role. */
  readonly adminToken: string;
}

/** Returns the address, the stores in use, and commands to copy and paste. */
export function renderBanner(
  { url, config, embedded, adminRole, adminToken }: BannerOptions,
): string {
  const postgres = embedded
    ? `embedded, in ${join(config.dataDir, "postgres")}`
    : "the server at DATABASE_URL";
  const task = `${
    config.dataDir === DEFAULT_DATA_DIR ? "" : `DATA_DIR=${quote(config.dataDir)} `
  }npx -y deno task -q`;
  return `
${bold(`Sluice is running at ${url}`)}
  Buffer    ${describeBuffer(config.kvPath)}
  Postgres  ${postgres}

${faint("Follow an event from a click to its row:")}
  ${url}/demo
${faint("Dashboard, signed in as an admin:")}
  ${url}/admin#token=${adminToken}
${faint("Track an event:")}
  curl ${url}/v1/events -H 'content-type: application/json' -d '{"eventType":"page_viewed","props":{"path":"/"}}'
${faint("Flush it to Postgres now, as an admin (this happens automatically within 10 seconds):")}
  curl ${url}/api/trpc/eventIngestion.forceFlush -d '{}' -H 'content-type: application/json' -H "authorization: Bearer $(${task} token ${
    quote(adminRole)
  })"
${faint("Query the rows:")}
  ${task} query "select event_type, props, browser from enriched_events"
${faint("Send simulated traffic for 30 seconds:")}
  ${task} simulate
${faint("Press Ctrl-C to drain and stop.")}
`;
}

/** The URL of a server has its password. */
function describeBuffer(path: string | null): string {
  if (path !== null && isPostgresUrl(path)) return "the PostgreSQL server at KV_PATH";
  return `Deno KV, in ${path ?? "the platform's KV"}`;
}

/** Quotes a value for a shell where it has to be. */
function quote(text: string): string {
  return /^[\w./~-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
