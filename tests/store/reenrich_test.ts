import type { Enriched, EnrichedFacts } from "../../src/events/enrichment.ts";
import { createEnrichmentSink } from "../../src/store/enrichment_sink.ts";
import { createEventSink } from "../../src/store/event_sink.ts";
import { FACT_COLUMNS, FACT_NAMES, type KeepRule } from "../../src/store/fact_columns.ts";
import { updateEnrichments } from "../../src/store/reenrich.ts";
import type { Sql } from "../../src/store/database.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { enrichedAt, NO_FACTS } from "../support/enrichment.ts";
import { openTestPostgres } from "../support/postgres.ts";

const postgres = await openTestPostgres();
const { database } = postgres;
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

const NOON = Date.parse("2026-03-01T12:00:00.000Z");

/** A value for every fact, different for each `version`. */
function factsOf(version: "old" | "new"): EnrichedFacts {
  const values = FACT_NAMES.map((name) => {
    switch (FACT_COLUMNS[name].type) {
      case "boolean":
        return [name, version === "old"];
      case "cidr":
        return [name, version === "old" ? "81.2.69.0/24" : "81.2.70.0/24"];
      case "text":
        return [name, `${version} ${name}`];
      default: {
        const missing: never = FACT_COLUMNS[name]; // give the new SQL type a value above
        return missing;
      }
    }
  });
  return Object.fromEntries(values);
}

async function store(): Promise<Enriched> {
  const { line, enriched } = enrichedAt(NOON, { eventType: "page_viewed" }, factsOf("old"));
  await createEventSink(database).write([line]);
  await createEnrichmentSink(database, new Map()).write([enriched]);
  return enriched;
}

async function reenrich(event: Enriched, facts: EnrichedFacts): Promise<Record<string, unknown>> {
  await database.run((sql) =>
    sql.begin((tx) => updateEnrichments(tx as unknown as Sql, [{ ...event, facts }], () => "none"))
  );
  const [row] = await database.run((sql) =>
    sql`select * from event_enrichments where event_id = ${event.row.id}`
  );
  assert(row);
  return row;
}

/** The facts by name, the old ones where one of `rules` keeps them. */
function mixed(next: EnrichedFacts, rules: readonly KeepRule[]): Record<string, unknown> {
  const old = factsOf("old");
  return Object.fromEntries(
    FACT_NAMES.map((name) => [
      name,
      rules.includes(FACT_COLUMNS[name].keep) ? old[name] : next[name],
    ]),
  );
}

function onlyFacts(row: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(FACT_NAMES.map((name) => [name, row[name]]));
}

Deno.test("reenrich replaces every fact but the network", async () => {
  const next = factsOf("new");
  assertEquals(onlyFacts(await reenrich(await store(), next)), mixed(next, ["always"]));
});

Deno.test("reenrich keeps a place if it finds none", async () => {
  const next = { ...factsOf("new"), country: null, region: null, city: null };
  const row = await reenrich(await store(), next);
  assertEquals(onlyFacts(row), mixed(next, ["always", "without_place"]));
});

Deno.test("reenrich keeps facts from the request if its context was not stored", async () => {
  const event = await store();
  await database.run((sql) =>
    sql`update event_enrichments set context = null where event_id = ${event.row.id}`
  );
  const row = await reenrich(event, factsOf("new"));
  assertEquals(onlyFacts(row), mixed(factsOf("new"), ["always", "without_context"]));
});

Deno.test("reenrich removes facts that it no longer finds", async () => {
  const row = await reenrich(await store(), NO_FACTS);
  assertEquals(onlyFacts(row), mixed(NO_FACTS, ["always", "without_place"]));
});
