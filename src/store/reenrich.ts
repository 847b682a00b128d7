/** Enriches stored events again, page by page, without touching `events`. */

import type { Enriched, EnricherInput, EntityStatus } from "../events/enrichment.ts";
import type { EventRow, RequestContext } from "../events/types.ts";
import type { Sql } from "./database.ts";
import { CountChanges, type CountedFacts } from "./enrichment_counts.ts";
import { ENRICHMENT_VERSION } from "./insert_enrichments.ts";

/** Which events to enrich again. */
export interface Selection {
  /** Events that happened since. */
  readonly since: Date;
  /** Enriched before: what was done since is not done again. */
  readonly before: Date;
  /** Those of the present version as well. */
  readonly all: boolean;
}

/** Where a page ended. */
export interface Cursor {
  readonly occurred_at: string;
  readonly event_id: string;
}

/** An event as it was stored, with what was kept of its request. */
export interface StoredEvent extends EnricherInput {
  readonly cursor: Cursor;
}

/** Where no page has been read yet. */
export const START: Cursor = {
  occurred_at: "-infinity",
  event_id: "00000000-0000-0000-0000-000000000000",
};

function selected(sql: Sql, { since, before, all }: Selection) {
  return sql`
    n.occurred_at >= ${since.toISOString()}::timestamptz
    and n.enriched_at < ${before.toISOString()}::timestamptz
    and (${all}::boolean or n.version < ${ENRICHMENT_VERSION}::integer)
  `;
}

/** How many events a selection holds. */
export async function countSelected(sql: Sql, selection: Selection): Promise<number> {
  const [row] = await sql<[{ count: number }]>`
    select count(*)::integer as count from event_enrichments n where ${selected(sql, selection)}
  `;
  return row.count;
}

interface PageRow {
  readonly row: EventRow;
  readonly context: Partial<RequestContext> | null;
  /** The first address of the caller's network. */
  readonly ip: string | null;
  readonly at: string;
}

/** The next events of a selection. */
export async function readPage(
  sql: Sql,
  selection: Selection,
  after: Cursor,
  limit: number,
): Promise<StoredEvent[]> {
  const rows = await sql<PageRow[]>`
    select to_jsonb(e) as row, n.context, host(n.network) as ip, n.occurred_at::text as at
    from event_enrichments n
    join events e on e.id = n.event_id and e.occurred_at = n.occurred_at
    where ${selected(sql, selection)}
      and (n.event_id, n.occurred_at) > (${after.event_id}::uuid, ${after.occurred_at}::text::timestamptz)
    order by n.event_id, n.occurred_at -- the primary key, and nearly the order of time
    limit ${limit}::integer
  `;
  return rows.map(({ row, context, ip, at }) => ({
    row,
    context: { ...UNKNOWN, ...context, ip }, // any address of its network has its place
    cursor: { occurred_at: at, event_id: row.id },
  }));
}

const UNKNOWN: RequestContext = {
  ip: null,
  userAgent: null,
  referrer: null,
  language: null,
  clientHints: null,
  place: null,
};

interface Changed extends CountedFacts {
  readonly occurred_at: Date;
}

/**
 * Replaces enrichments, and what is counted of them: in one transaction, which `sql` must be. A place
 * stays where none is found, a browser where the request was not kept.
 */
export async function updateEnrichments(
  sql: Sql,
  enriched: readonly Enriched[],
  entityStatus: (event: Enriched) => EntityStatus,
): Promise<void> {
  const rows = enriched.map((event) => ({
    ...event.facts,
    event_id: event.row.id,
    occurred_at: event.row.occurred_at,
    entity_status: entityStatus(event),
  }));
  const json = JSON.stringify(rows);
  const before = await sql<Changed[]>`
    select n.event_id, n.occurred_at, n.channel, n.device_type, n.country
    from event_enrichments n
    join jsonb_to_recordset(${json}::text::jsonb) as i (event_id uuid, occurred_at timestamptz)
      on n.event_id = i.event_id and n.occurred_at = i.occurred_at
    order by n.event_id for update of n
  `;
  const after = await sql<Changed[]>`
    update event_enrichments n set
      (browser, browser_version, os, os_version, device_type, is_bot, bot_reason) = (
        select v.* from (values
          (i.browser, i.browser_version, i.os, i.os_version, i.device_type, i.is_bot, i.bot_reason),
          (n.browser, n.browser_version, n.os, n.os_version, n.device_type, n.is_bot, n.bot_reason)
        ) as v offset case when n.context is null then 1 else 0 end limit 1
      ),
      (country, region, city) = (
        select v.* from (values (i.country, i.region, i.city), (n.country, n.region, n.city)) as v
        offset case when i.country is null then 1 else 0 end limit 1
      ),
      referrer_host = i.referrer_host, channel = i.channel, utm_source = i.utm_source,
      utm_medium = i.utm_medium, utm_campaign = i.utm_campaign, utm_term = i.utm_term,
      utm_content = i.utm_content, click_id = i.click_id, entity_status = i.entity_status,
      version = ${ENRICHMENT_VERSION}::integer, enriched_at = now()
    from jsonb_to_recordset(${json}::text::jsonb) as i (
      event_id uuid, occurred_at timestamptz, browser text, browser_version text, os text,
      os_version text, device_type text, is_bot boolean, bot_reason text, network cidr, country text,
      region text, city text, referrer_host text, channel text, utm_source text, utm_medium text,
      utm_campaign text, utm_term text, utm_content text, click_id text, entity_status text
    )
    where n.event_id = i.event_id and n.occurred_at = i.occurred_at
    returning n.occurred_at, n.channel, n.device_type, n.country
  `;
  const counts = new CountChanges();
  for (const facts of before) counts.add(facts.occurred_at, facts, -1);
  for (const facts of after) counts.add(facts.occurred_at, facts, 1);
  await counts.write(sql);
}
