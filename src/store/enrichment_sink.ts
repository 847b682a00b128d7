/** Inserts enrichments, one row an event (contract 7.2). */

import type { Enrichment, EnrichmentSink } from "../events/enrichment.ts";
import type { Database, Sql } from "./database.ts";

async function insertEnrichments(sql: Sql, enrichments: readonly Enrichment[]): Promise<void> {
  await sql`
    insert into event_enrichments (
      event_id, occurred_at, browser, browser_version, os, os_version, device_type, entity_status
    )
    select
      event_id, occurred_at, browser, browser_version, os, os_version, device_type, entity_status
    from jsonb_to_recordset(${JSON.stringify(enrichments)}::text::jsonb) as enrichment (
      event_id uuid, occurred_at timestamptz, browser text, browser_version text, os text,
      os_version text, device_type text, entity_status text
    )
    on conflict do nothing
  `;
}

/** The sink of enrichments that a database is. */
export function createEnrichmentSink(database: Database): EnrichmentSink {
  return { write: (enrichments) => database.run((sql) => insertEnrichments(sql, enrichments)) };
}
