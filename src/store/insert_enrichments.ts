/** Inserts enrichments, one row per event (contract 7.2). */

import type { Enriched, EntityStatus } from "../events/enrichment.ts";
import type { RequestContext } from "../events/types.ts";
import type { Sql } from "./database.ts";
import { DURABLE_COMMIT } from "./durable_commit.ts";
import { FACT_COLUMNS, FACT_NAMES } from "./fact_columns.ts";
import { type ColumnTypes, encodeLines, fromLines, valueAt } from "./json_rows.ts";

/** The version of the enrichers. Raise it with a change for which old events should be enriched again. */
export const ENRICHMENT_VERSION = 2;

const COLUMNS: ColumnTypes = {
  event_id: "uuid",
  occurred_at: "timestamptz",
  entity_status: "text",
  context: "jsonb",
  ...Object.fromEntries(FACT_NAMES.map((name) => [name, FACT_COLUMNS[name].type])),
};

// All events of a request share its context, and mostly those of a visit do too, so each context is
// sent once and rows refer to it by index. The subquery makes Postgres parse them once, not per row.
const CONTEXTS = "(select $2::text::jsonb)";

const values = Object.entries(COLUMNS).map(([name, type], i) =>
  name === "context" ? `${CONTEXTS} -> ${valueAt(i, "integer")}` : valueAt(i, type)
);

// The ids as one value: as a row each, they were a twentieth of enrichment's CPU.
const statement = `
with inserted as (
  insert into event_enrichments (${Object.keys(COLUMNS).join(", ")}, version)
  select ${values.join(", ")}, $3::integer from ${fromLines("$1")}
  order by 1 -- a fixed lock order for processes that write the same events
  on conflict do nothing
  returning event_id
)
select to_json(array(select event_id from inserted)) as ids, ${DURABLE_COMMIT} as synchronous_commit
`;

/** Parts of the request context that are not stored (contract 7.4). */
const NOT_STORED: ReadonlySet<string> = new Set(["ip", "place", "trace"]);

function toStoredContext(context: RequestContext): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(context).filter(([name, value]) => value !== null && !NOT_STORED.has(name)),
  );
}

/** Inserts enrichments. Returns the ids of the events that had none; existing ones are left alone. */
export async function insertEnrichments(
  sql: Sql,
  enriched: readonly Enriched[],
  entityStatus: (event: Enriched) => EntityStatus,
): Promise<Set<string>> {
  const contexts = new Map<RequestContext, number>();
  for (const { context } of enriched) {
    // Of a caller who asked not to be tracked, only facts are stored (contract 7.6).
    if (!context.anonymous && !contexts.has(context)) contexts.set(context, contexts.size);
  }
  const rows = enriched.map((event) => [
    event.row.id,
    event.row.occurred_at,
    entityStatus(event),
    contexts.get(event.context) ?? null,
    ...FACT_NAMES.map((name) => event.facts[name]),
  ]);
  const [inserted] = await sql.unsafe<[{ ids: string[] }]>(
    statement,
    [
      encodeLines(rows),
      JSON.stringify([...contexts.keys()].map(toStoredContext)),
      ENRICHMENT_VERSION,
    ],
    { prepare: true },
  );
  return new Set(inserted.ids);
}
