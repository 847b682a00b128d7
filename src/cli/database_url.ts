/** Finds the Postgres that a command connects to. */

import { join } from "node:path";
import type { Config } from "../config.ts";
import { parseDatabaseUrl } from "../store/database_url.ts";
import { findFileProblem } from "../store/driver.ts";
import { printError } from "./terminal.ts";

/** The file in which `dev` keeps the URL of its embedded Postgres. */
export function embeddedUrlPath(dataDir: string): string {
  return join(dataDir, "postgres-url");
}

/** Returns `DATABASE_URL`, else the URL of the Postgres embedded in a running `dev`, else exits with an error. */
export async function databaseUrlOrExit(config: Config): Promise<string> {
  if (config.databaseUrl !== null) return withFilesOrExit(config.databaseUrl);
  try {
    return await Deno.readTextFile(embeddedUrlPath(config.dataDir));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    printError('DATABASE_URL is not set, and "deno task dev" is not running.');
    Deno.exit(1);
  }
}

/** Returns the URL if the files that it names can be read, else exits with an error. */
export function withFilesOrExit(url: string): string {
  const problem = findFileProblem(parseDatabaseUrl(url));
  if (problem === null) return url;
  printError(problem);
  Deno.exit(1);
}
