import { FACT_COLUMNS } from "../../src/store/fact_columns.ts";
import { assertEquals } from "../support/assert.ts";
import { openTestPostgres } from "../support/postgres.ts";

const postgres = await openTestPostgres();
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

/** Columns of `event_enrichments` that no enricher fills. */
const OTHER_COLUMNS = [
  "event_id",
  "occurred_at",
  "context",
  "version",
  "entity_status",
  "enriched_at",
];

/** Columns that exist for `reenrich` alone, and that the view leaves out. */
const NOT_IN_VIEW = ["event_id", "context", "network", "version"];

/** The columns of a table or view with their types. */
async function columnsOf(relation: string): Promise<Map<string, string>> {
  const rows = await postgres.database.run((sql) =>
    sql<{ name: string; type: string }[]>`
      select attname as name, format_type(atttypid, null) as type from pg_attribute
      where attrelid = ${relation}::text::regclass and attnum > 0 and not attisdropped
    `
  );
  return new Map(rows.map(({ name, type }) => [name, type]));
}

Deno.test("every fact is a column of event_enrichments, and every column is filled", async () => {
  const columns = await columnsOf("event_enrichments");
  const problems: string[] = [];
  for (const [name, { type }] of Object.entries(FACT_COLUMNS)) {
    const actual = columns.get(name);
    if (actual === type) continue;
    problems.push(
      actual === undefined
        ? `add the column "${name} ${type}" to event_enrichments, and to the view enriched_events, in a migration`
        : `${name} is ${type} in src/store/fact_columns.ts, but ${actual} in event_enrichments: make them agree`,
    );
  }
  for (const name of columns.keys()) {
    if (name in FACT_COLUMNS || OTHER_COLUMNS.includes(name)) continue;
    problems.push(
      `event_enrichments.${name} is not filled: add it to EnrichedFacts and to src/store/fact_columns.ts, or to OTHER_COLUMNS of this test`,
    );
  }
  assertEquals(problems, []);
});

Deno.test("enriched_events shows every column of events and event_enrichments, and no other", async () => {
  const shown = new Set((await columnsOf("enriched_events")).keys());
  const expected = new Set([
    ...(await columnsOf("events")).keys(),
    ...Object.keys(FACT_COLUMNS),
    ...OTHER_COLUMNS,
  ]);
  for (const name of NOT_IN_VIEW) expected.delete(name);
  const problems = [
    ...[...expected.difference(shown)].map((name) =>
      `add the column ${name} to the view enriched_events in a migration (or to NOT_IN_VIEW of this test)`
    ),
    ...[...shown.difference(expected)].map((name) =>
      `the view enriched_events shows ${name}, which is neither a column of events nor a fact: remove it from the view, or add it to src/store/fact_columns.ts`
    ),
  ];
  assertEquals(problems, []);
});
