/** `deno task migrate`: applies the migrations to `DATABASE_URL`, and nothing else. */

import { MIGRATIONS } from "../service.ts";
import { Database } from "../store/database.ts";
import { classifyFailure } from "../store/failure.ts";
import { migrate, readMigrations } from "../store/migrate.ts";
import { withFilesOrExit } from "./database_url.ts";
import { settingsOrExit } from "./settings.ts";
import { printError, printLine } from "./terminal.ts";

const USAGE = `Usage: deno task migrate

Applies the missing migrations to the PostgreSQL database at DATABASE_URL. Safe to run on several
machines at once. "deno task start" does the same before it serves.`;

if (Deno.args.length > 0) {
  const isHelp = ["--help", "-h"].includes(Deno.args[0] ?? "");
  if (isHelp) printLine(USAGE);
  else printError(`migrate takes no arguments.\n\n${USAGE}`);
  Deno.exit(isHelp ? 0 : 1);
}
const config = settingsOrExit();
if (config.databaseUrl === null && config.onDeploy) {
  printLine(
    "DATABASE_URL is not set in the context of this timeline: there is nothing to migrate.",
  );
  Deno.exit(0);
}
if (config.databaseUrl === null) {
  printError("DATABASE_URL is not set; set it to the URL of the PostgreSQL database to migrate.");
  Deno.exit(1);
}
await using database = new Database({ url: withFilesOrExit(config.databaseUrl) });
try {
  const applied = await migrate(database, await readMigrations(MIGRATIONS));
  printLine(applied.length === 0 ? "No migrations to apply." : `Applied ${applied.join(", ")}.`);
} catch (error) {
  printError(`Cannot migrate: ${classifyFailure(error).message}.`);
  Deno.exitCode = 1;
}
