/** Queries of `deno task reenrich`: selects stored events page by page and updates their enrichments. */

import type { Enriched, EnricherInput, EntityStatus } from "../events/enrichment.ts";
import { NO_CONTEXT } from "../events/line.ts";
import type { EventRow, RequestContext } from "../events/types.ts";
import type { Sql } from "./database.ts";
import { CountChanges, type CountedFacts } from "./enrichment_counts.ts";
import { FACT_COLUMNS, FACT_NAMES, type KeepRule } from "./fact_columns.ts";
import { ENRICHMENT_VERSION } from "./insert_enrichments.ts";

/** Which events to enrich again. */
export interface Selection {
  /** Events that occurred at or after this time. */
  readonly since: Date;
  /** Only enrichments written before this, so that a continued run skips finished events. */
  readonly before: Date;
  /** Also enrichments of the current version. */
  readonly all: boolean;
}

/** The position after an event. */
export interface Cursor {
  readonly occurred_at: string;
  readonly event_id: string;
}

/** A stored event with what was stored of its request. */
export interface StoredEvent extends EnricherInput {
  readonly cursor: Cursor;
}

/** The position before the first event. */
export const FIRST_PAGE: Cursor = {
  occurred_at: "-infinity",
  event_id: "00000000-0000-0000-0000-000000000000",
};

function whereSelected(sql: Sql, { since, before, all }: Selection) {
  return sql`
    n.occurred_at >= ${since.toISOString()}::timestamptz
    and n.enriched_at < ${before.toISOString()}::timestamptz
    and (${all}::boolean or n.version < ${ENRICHMENT_VERSION}::integer)
  `;
}

/** Counts the events of a selection. */
export async function countSelected(sql: Sql, selection: Selection): Promise<number> {
  const [row] = await sql<[{ count: number }]>`
    select count(*)::integer as count from event_enrichments n
    where ${whereSelected(sql, selection)}
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

/** Reads the next events of a selection. */
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
    where ${whereSelected(sql, selection)}
      and (n.event_id, n.occurred_at) > (${after.event_id}::uuid, ${after.occurred_at}::text::timestamptz)
    order by n.event_id, n.occurred_at -- the primary key, nearly chronological
    limit ${limit}::integer
  `;
  return rows.map(({ row, context, ip, at }) => ({
    row,
    context: { ...NO_CONTEXT, ...context, ip }, // any address of the network has the same place
    cursor: { occurred_at: at, event_id: row.id },
  }));
}

/** The condition that keeps a stored fact; `n` is the stored row, `i` the new facts. */
const KEPT_WHERE: Readonly<Record<KeepRule, string>> = {
  never: "false",
  without_context: "n.context is null",
  without_place: "i.country is null",
  always: "true",
};

const assignments = FACT_NAMES.map((name) =>
  `${name} = case when ${KEPT_WHERE[FACT_COLUMNS[name].keep]} then n.${name} else i.${name} end`
);

const update = `
update event_enrichments n set
  ${assignments.join(",\n  ")},
  entity_status = i.entity_status, version = $2::integer, enriched_at = now()
from jsonb_to_recordset($1::text::jsonb) as i (
  event_id uuid, occurred_at timestamptz, entity_status text,
  ${FACT_NAMES.map((name) => `${name} ${FACT_COLUMNS[name].type}`).join(", ")}
)
where n.event_id = i.event_id and n.occurred_at = i.occurred_at
returning n.occurred_at, n.channel, n.device_type, n.country
`;

interface ChangedRow extends CountedFacts {
  readonly occurred_at: Date;
}

/**
 * Replaces enrichments and adjusts their counts. `sql` must be a transaction. `FACT_COLUMNS` says which
 * stored facts are kept.
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
  const before = await sql<ChangedRow[]>`
    select n.event_id, n.occurred_at, n.channel, n.device_type, n.country
    from event_enrichments n
    join jsonb_to_recordset(${json}::text::jsonb) as i (event_id uuid, occurred_at timestamptz)
      on n.event_id = i.event_id and n.occurred_at = i.occurred_at
    order by n.event_id for update of n
  `;
  const after = await sql.unsafe<ChangedRow[]>(update, [json, ENRICHMENT_VERSION], {
    prepare: true,
  });
  const counts = new CountChanges();
  for (const facts of before) counts.add(facts.occurred_at, facts, -1);
  for (const facts of after) counts.add(facts.occurred_at, facts, 1);
  await counts.write(sql);
}
