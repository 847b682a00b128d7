/** Inserts enrichments, one row an event (contract 7.2); says which are new. */

import type { Enriched, EnrichedFacts, EntityStatus } from "../events/enrichment.ts";
import type { RequestContext } from "../events/types.ts";
import type { Sql } from "./database.ts";

/** Raised with every change of the enrichers that is worth enriching old events again. */
export const ENRICHMENT_VERSION = 1;

/** What enrichers find out, as columns of these types. */
const FACTS = {
  browser: "text",
  browser_version: "text",
  os: "text",
  os_version: "text",
  device_type: "text",
  is_bot: "boolean",
  bot_reason: "text",
  network: "cidr",
  country: "text",
  region: "text",
  city: "text",
  referrer_host: "text",
  channel: "text",
  utm_source: "text",
  utm_medium: "text",
  utm_campaign: "text",
  utm_term: "text",
  utm_content: "text",
  click_id: "text",
} as const satisfies Record<keyof EnrichedFacts, string>;

const NAMES = Object.keys(FACTS) as (keyof EnrichedFacts)[];

const COLUMNS = {
  event_id: "uuid",
  occurred_at: "timestamptz",
  ...FACTS,
  entity_status: "text",
  context: "jsonb",
} as const;

// A context comes once for all the events of its request and, most often, of its visit; a row says which.
// A subquery, so that Postgres reads the contexts once and not for each row.
const CONTEXTS = "(select $2::text::jsonb)";

function column([i, type]: [number, string]): string {
  return type === "jsonb"
    ? `${CONTEXTS} -> (enrichment ->> ${i})::integer`
    : `(enrichment ->> ${i})::${type}`;
}

// Rows are arrays: out of those Postgres takes 17 columns in 6 to 9 µs, out of objects, whose keys it
// has to read, sort and look up, in 17 to 20 (`jsonb_to_recordset`).
const statement = `
insert into event_enrichments (${Object.keys(COLUMNS).join(", ")}, version)
select ${[...Object.values(COLUMNS).entries()].map(column).join(", ")}, $3::integer
from jsonb_array_elements($1::text::jsonb) as input (enrichment)
order by 1 -- two processes with the same events wait for each other in one order
on conflict do nothing
returning event_id
`;

/** Of the request's context, what stays behind (contract 7.4). */
const NOT_KEPT: ReadonlySet<string> = new Set(["ip", "place", "trace"]);

/** Without what is null, and what stays behind. */
function kept(context: RequestContext): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(context).filter(([name, value]) => value !== null && !NOT_KEPT.has(name)),
  );
}

/** Inserts enrichments; the ids of those that are new. */
export async function insertEnrichments(
  sql: Sql,
  enriched: readonly Enriched[],
  entityStatus: (event: Enriched) => EntityStatus,
): Promise<Set<string>> {
  const contexts = new Map<RequestContext, number>();
  for (const { context } of enriched) {
    if (!contexts.has(context)) contexts.set(context, contexts.size);
  }
  const rows = enriched.map((event) => [
    event.row.id,
    event.row.occurred_at,
    ...NAMES.map((name) => event.facts[name]),
    entityStatus(event),
    contexts.get(event.context),
  ]);
  const inserted = await sql.unsafe<{ event_id: string }[]>(
    statement,
    [JSON.stringify(rows), JSON.stringify([...contexts.keys()].map(kept)), ENRICHMENT_VERSION],
    { prepare: true },
  );
  return new Set(inserted.map(({ event_id }) => event_id));
}
