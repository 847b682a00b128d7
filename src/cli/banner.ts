/** What a developer reads when the service is up. */

import { join } from "node:path";
import type { Config } from "../config.ts";
import { bold, faint } from "./terminal.ts";

/** What there is to tell. */
export interface BannerOptions {
  readonly url: string;
  readonly config: Pick<Config, "kvPath" | "dataDir">;
  /** Whether Postgres is the embedded one. */
  readonly embedded: boolean;
  /** A token for an admin. */
  readonly adminToken: string;
}

/** Address, what is embedded, and commands that are ready to paste. */
export function banner({ url, config, embedded, adminToken }: BannerOptions): string {
  const postgres = embedded
    ? `embedded, in ${join(config.dataDir, "postgres")}`
    : "the server of DATABASE_URL";
  return `
${bold(`Sluice listens on ${url}`)}
  buffer    Deno KV, in ${config.kvPath ?? "the platform's KV"}
  Postgres  ${postgres}

${faint("See an event travel, from a click to its row:")}
  ${url}/demo
${faint("Watch everything, signed in as an admin:")}
  ${url}/admin#token=${adminToken}
${faint("Track one by hand:")}
  curl ${url}/v1/events -H 'content-type: application/json' -d '{"eventType":"page_viewed","props":{"path":"/"}}'
${faint("Flush it to Postgres now, as an admin (it happens by itself within 10 seconds):")}
  curl ${url}/api/trpc/eventIngestion.forceFlush -d '{}' -H 'content-type: application/json' -H "authorization: Bearer $(npx -y deno task -q token ADMIN)"
${faint("Look at the rows:")}
  npx -y deno task -q query "select event_type, props, browser from enriched_events"
${faint("Send traffic for half a minute:")}
  npx -y deno task -q simulate
${faint("Ctrl-C drains and stops.")}
`;
}
