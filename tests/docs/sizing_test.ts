/** src/SIZING.md has the tables that `deno task sizing --table` prints. */

import type { Load } from "../../src/sizing/model.ts";
import { toTable } from "../../src/sizing/report.ts";
import { assertStringIncludes } from "../support/assert.ts";
import { readFile } from "./files.ts";

const TABLES: readonly Omit<Load, "rate" | "kv">[] = [
  { keys: "random", bytes: 400, eventsPerRequest: 1, keepDays: 30 },
  { keys: "ordered", bytes: 400, eventsPerRequest: 50, keepDays: 30 },
];

/** A table as text, whatever `deno fmt` does to its columns. */
function squeeze(text: string): string {
  return text.replace(/-{3,}:?/g, "---").replace(/ +/g, " ");
}

Deno.test("the tables of src/SIZING.md are those of deno task sizing --table", async () => {
  const page = squeeze(await readFile("src/SIZING.md"));
  for (const load of TABLES) {
    const table = toTable(load);
    assertStringIncludes(page, squeeze(table), `paste this into src/SIZING.md:\n${table}`);
  }
});
