/** Inserts enrichments, one row an event (contract 7.2); says which are new. */

import type { Enriched, EntityStatus } from "../events/enrichment.ts";
import type { Sql } from "./database.ts";

/** Raised with every change of the enrichers that is worth enriching old events again. */
export const ENRICHMENT_VERSION = 1;

const statement = `
insert into event_enrichments (
  event_id, occurred_at, browser, browser_version, os, os_version, device_type, is_bot, bot_reason,
  network, country, region, city, referrer_host, channel, utm_source, utm_medium, utm_campaign, utm_term,
  utm_content, click_id, entity_status, context, version
)
select
  event_id, occurred_at, browser, browser_version, os, os_version, device_type, is_bot, bot_reason,
  network, country, region, city, referrer_host, channel, utm_source, utm_medium, utm_campaign, utm_term,
  utm_content, click_id, entity_status, context, $2::integer
from jsonb_to_recordset($1::text::jsonb) as enrichment (
  event_id uuid, occurred_at timestamptz, browser text, browser_version text, os text,
  os_version text, device_type text, is_bot boolean, bot_reason text, network cidr, country text, region text,
  city text, referrer_host text, channel text, utm_source text, utm_medium text, utm_campaign text,
  utm_term text, utm_content text, click_id text, entity_status text, context jsonb
)
order by event_id -- two processes with the same events wait for each other in one order
on conflict do nothing
returning event_id
`;

/** Of the request's context, what stays behind (contract 7.4). */
const NOT_KEPT: ReadonlySet<string> = new Set(["ip", "place", "trace"]);

/** Without what is null: a column that is not named is null as well, and costs nothing to send. */
function known(facts: object, without?: ReadonlySet<string>): Record<string, unknown> {
  const known: Record<string, unknown> = {};
  for (const [name, fact] of Object.entries(facts)) {
    if (fact !== null && !without?.has(name)) known[name] = fact;
  }
  return known;
}

/** Inserts enrichments; the ids of those that are new. */
export async function insertEnrichments(
  sql: Sql,
  enriched: readonly Enriched[],
  entityStatus: (event: Enriched) => EntityStatus,
): Promise<Set<string>> {
  const rows = enriched.map((event) => {
    const row = known(event.facts);
    row["event_id"] = event.row.id;
    row["occurred_at"] = event.row.occurred_at;
    row["entity_status"] = entityStatus(event);
    row["context"] = known(event.context, NOT_KEPT);
    return row;
  });
  const inserted = await sql.unsafe<{ event_id: string }[]>(
    statement,
    [JSON.stringify(rows), ENRICHMENT_VERSION],
    { prepare: true },
  );
  return new Set(inserted.map(({ event_id }) => event_id));
}
