/** Which Postgres a command speaks to. */

import { join } from "node:path";
import type { Config } from "../config.ts";
import { complain } from "./terminal.ts";

/** Where `dev` leaves the URL of the Postgres that it embeds. */
export function embeddedUrlPath(dataDir: string): string {
  return join(dataDir, "postgres-url");
}

/** `DATABASE_URL`, or the Postgres that a running `dev` has embedded; ends the process without one. */
export async function databaseUrlOrExit(config: Config): Promise<string> {
  if (config.databaseUrl !== null) return config.databaseUrl;
  try {
    return await Deno.readTextFile(embeddedUrlPath(config.dataDir));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    complain('DATABASE_URL is not set and no "deno task dev" runs.');
    Deno.exit(1);
  }
}
