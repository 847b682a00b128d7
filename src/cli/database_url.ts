/** Finds the Postgres that a command connects to. */

import type { Config } from "../config.ts";
import { parseDatabaseUrl } from "../store/database_url.ts";
import { findFileProblem } from "../store/driver.ts";
import { findRunningDev } from "./running_dev.ts";
import { printError } from "./terminal.ts";

/** Returns `DATABASE_URL`, else the URL of the Postgres of a running `dev`, else exits with an error. */
export async function databaseUrlOrExit(config: Config): Promise<string> {
  if (config.databaseUrl !== null) return withFilesOrExit(config.databaseUrl);
  const dev = await findRunningDev(config.dataDir);
  if (dev !== null) return withFilesOrExit(dev.databaseUrl);
  printError(
    `DATABASE_URL is not set, and "deno task dev" is not running with DATA_DIR ${config.dataDir}.`,
  );
  Deno.exit(1);
}

/** Returns the URL if the files that it names can be read, else exits with an error. */
export function withFilesOrExit(url: string): string {
  const problem = findFileProblem(parseDatabaseUrl(url), "DATABASE_URL");
  if (problem === null) return url;
  printError(problem);
  Deno.exit(1);
}
