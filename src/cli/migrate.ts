/** `deno task migrate`: applies the migrations to `DATABASE_URL`, and nothing else. */

import { MIGRATIONS } from "../service.ts";
import { Database } from "../store/database.ts";
import { classifyFailure } from "../store/failure.ts";
import { migrate, readMigrations } from "../store/migrate.ts";
import { settingsOrExit } from "./settings.ts";
import { complain, say } from "./terminal.ts";

const config = settingsOrExit();
if (config.databaseUrl === null) {
  complain("DATABASE_URL is not set; it takes the URL of a PostgreSQL server to migrate.");
  Deno.exit(1);
}
await using database = new Database({ url: config.databaseUrl });
try {
  const applied = await migrate(database, await readMigrations(MIGRATIONS));
  say(applied.length === 0 ? "Nothing to apply." : `Applied ${applied.join(", ")}.`);
} catch (error) {
  complain(`Cannot migrate: ${classifyFailure(error).message}.`);
  Deno.exitCode = 1;
}
