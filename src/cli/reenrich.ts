/** `deno task reenrich --since 2026-01-01`: enriches stored events again, by the current rules. */

import { parseArgs } from "node:util";
import { systemClock } from "../clock.ts";
import { runEnrichers } from "../enrichment/enrich.ts";
import { openEnrichers } from "../enrichment/enrichers.ts";
import { MIGRATIONS } from "../service.ts";
import { Database, type Sql } from "../store/database.ts";
import { EntityLookup } from "../store/entities.ts";
import { classifyFailure } from "../store/failure.ts";
import { readApplied, readMigrations } from "../store/migrate.ts";
import {
  countSelected,
  FIRST_PAGE,
  readPage,
  type Selection,
  updateEnrichments,
} from "../store/reenrich.ts";
import { databaseUrlOrExit } from "./database_url.ts";
import { settingsOrExit } from "./settings.ts";
import { printError, printLine, printProgress } from "./terminal.ts";

const USAGE = `Usage: deno task reenrich --since DATE [--all] [--before TIME]

Enriches again the events that occurred since DATE and were last enriched by an older version; with
--all, every event since DATE, for example after an update of the geolocation database; with
--before, only events that were last enriched before TIME. The events themselves do not change. When
interrupted, it prints the command that continues.`;

const PAGE = 500;

const config = settingsOrExit();
const selection = selectionOrExit();
await using database = new Database({ url: await databaseUrlOrExit(config), maxConnections: 2 });
using enrichers = await openEnrichers({
  ownHosts: config.ownHosts,
  cityDatabase: config.geoipDbPath,
  clock: systemClock,
});
const entities = new EntityLookup(database, config.entityTables);

await checkMigrationsOrExit();

let interrupted = false;
Deno.addSignalListener("SIGINT", () => interrupted = true);

const total = await database.run((sql) => countSelected(sql, selection), 600_000);
const done = await run();
printProgress(null);
printLine(`Re-enriched ${done} of ${total} events.`);
if (interrupted) {
  const rest =
    `--since ${selection.since.toISOString()} --before ${selection.before.toISOString()}`;
  printLine(`Continue with: deno task reenrich ${rest}${selection.all ? " --all" : ""}`);
}
Deno.exit(interrupted ? 130 : 0);

async function run(): Promise<number> {
  let cursor = FIRST_PAGE;
  let count = 0;
  while (!interrupted) {
    const page = await database.run((sql) => readPage(sql, selection, cursor, PAGE));
    const last = page.at(-1);
    if (last === undefined) break;
    const enriched = runEnrichers(page, enrichers.list, () => {});
    const statusOf = await entities.lookUp(enriched);
    await database.run((sql) =>
      sql.begin((tx) => updateEnrichments(tx as unknown as Sql, enriched, statusOf))
    );
    cursor = last.cursor;
    count += page.length;
    printProgress(`${count}/${total} events`, count / Math.max(total, 1));
  }
  return count;
}

async function checkMigrationsOrExit(): Promise<void> {
  try {
    const migrations = await readMigrations(MIGRATIONS);
    await database.run((sql) => readApplied(sql, migrations));
  } catch (error) {
    printError(`Cannot enrich: ${classifyFailure(error).message}.`);
    Deno.exit(1);
  }
}

function selectionOrExit(): Selection {
  try {
    const { values } = parseArgs({
      options: {
        since: { type: "string" },
        before: { type: "string" },
        all: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    if (values.help) {
      printLine(USAGE);
      Deno.exit(0);
    }
    return {
      since: dateOrExit("--since", values.since),
      before: values.before === undefined ? new Date() : dateOrExit("--before", values.before),
      all: values.all,
    };
  } catch (error) {
    printError(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
    Deno.exit(1);
  }
}

function dateOrExit(name: string, text: string | undefined): Date {
  const date = new Date(text ?? "");
  if (!Number.isNaN(date.getTime())) return date;
  const got = text === undefined ? "nothing" : JSON.stringify(text);
  printError(`${name} must be a date like 2026-01-01, got ${got}.\n\n${USAGE}`);
  Deno.exit(1);
}
