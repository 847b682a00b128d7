/** `deno task query "select …"`: queries the service's Postgres, without `psql`. */

import { Database } from "../store/database.ts";
import { classifyFailure } from "../store/failure.ts";
import { queryReadOnly } from "../store/read_only.ts";
import { databaseUrlOrExit } from "./database_url.ts";
import { settingsOrExit } from "./settings.ts";
import { printError, printLine } from "./terminal.ts";

const USAGE = `Usage: deno task query "select …"

Runs one read-only SQL statement on DATABASE_URL or, if that is not set, on the Postgres of a running
"deno task dev".`;

const [text, ...rest] = Deno.args;
if (text === "--help" || text === "-h") {
  printLine(USAGE);
  Deno.exit(0);
}
if (text === undefined || rest.length > 0) {
  const problem = text === undefined
    ? "The statement is missing."
    : "The statement must be one argument; put it in quotes.";
  printError(`${problem}\n\n${USAGE}`);
  Deno.exit(1);
}
const config = settingsOrExit();
const url = await databaseUrlOrExit(config);
await using database = new Database({ url, maxConnections: 1 });
try {
  const rows = await database.run((sql) => queryReadOnly(sql, text));
  printLine(renderTable(rows));
} catch (error) {
  printError(classifyFailure(error).message);
  Deno.exitCode = 1;
}

/** Renders rows as aligned columns. */
function renderTable(rows: readonly Record<string, unknown>[]): string {
  const columns = Object.keys(rows[0] ?? {});
  const cells = [columns, ...rows.map((row) => columns.map((column) => renderCell(row[column])))];
  const widths = columns.map((_, i) => Math.max(...cells.map((line) => line[i]?.length ?? 0)));
  const lines = cells.map((line) =>
    line.map((text, i) => text.padEnd(widths[i] ?? 0)).join("  ").trimEnd()
  );
  return [...lines, `(${rows.length} ${rows.length === 1 ? "row" : "rows"})`].join("\n");
}

function renderCell(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (value instanceof Date) return value.toISOString();
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
