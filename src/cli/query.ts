/** `deno task query "select …"`: reads from the service's Postgres, also where no `psql` is installed. */

import { Database } from "../store/database.ts";
import { classifyFailure } from "../store/failure.ts";
import { readOnly } from "../store/read_only.ts";
import { databaseUrlOrExit } from "./database_url.ts";
import { settingsOrExit } from "./settings.ts";
import { complain, say } from "./terminal.ts";

const USAGE = `Usage: deno task query "select …"

Runs one SQL statement, read-only, on DATABASE_URL or, where that is not set, on the Postgres that a
running "deno task dev" has embedded.`;

const [text] = Deno.args;
if (text === undefined || text === "--help") {
  say(USAGE);
  Deno.exit(text === undefined ? 1 : 0);
}
const config = settingsOrExit();
const url = await databaseUrlOrExit(config);
await using database = new Database({ url, maxConnections: 1 });
try {
  const rows = await database.run((sql) => readOnly(sql, text));
  say(table(rows));
} catch (error) {
  complain(classifyFailure(error).message);
  Deno.exitCode = 1;
}

/** Rows as aligned columns. */
function table(rows: readonly Record<string, unknown>[]): string {
  const columns = Object.keys(rows[0] ?? {});
  const cells = [columns, ...rows.map((row) => columns.map((column) => cell(row[column])))];
  const widths = columns.map((_, i) => Math.max(...cells.map((line) => line[i]?.length ?? 0)));
  const lines = cells.map((line) =>
    line.map((text, i) => text.padEnd(widths[i] ?? 0)).join("  ").trimEnd()
  );
  return [...lines, `(${rows.length} ${rows.length === 1 ? "row" : "rows"})`].join("\n");
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (value instanceof Date) return value.toISOString();
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
