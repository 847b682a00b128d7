/** Writes enrichments and updates sessions, visits and counts, in one transaction. */

import type { Enriched, EnrichmentSink, EntityTables } from "../events/enrichment.ts";
import type { Database, Sql } from "./database.ts";
import { type DeadLetter, insertDeadLetters } from "./dead_letters.ts";
import { CountChanges } from "./enrichment_counts.ts";
import { EntityLookup, type StatusOf } from "./entities.ts";
import { classifyFailure } from "./failure.ts";
import { insertEnrichments } from "./insert_enrichments.ts";
import { addToSessions, groupBySession } from "./sessions.ts";
import { addToVisits } from "./visits.ts";

/** Creates the sink that writes enrichments to Postgres. */
export function createEnrichmentSink(database: Database, tables: EntityTables): EnrichmentSink {
  const entities = new EntityLookup(database, tables);
  return {
    async write(enriched) {
      await writeOrSplit(database, enriched, await entities.lookUp(enriched));
    },
  };
}

/** Writes a batch. If Postgres rejects the data, halves it until the offending events are alone. */
async function writeOrSplit(
  database: Database,
  enriched: readonly Enriched[],
  statusOf: StatusOf,
): Promise<void> {
  try {
    await database.run((sql) =>
      sql.begin((tx) => writeTogether(tx as unknown as Sql, enriched, statusOf))
    );
  } catch (error) {
    const failure = classifyFailure(error);
    if (failure.kind === "unavailable") throw error;
    const [only] = enriched;
    if (enriched.length === 1 && only !== undefined) {
      const deadLetter: DeadLetter = {
        event_id: only.row.id,
        event_type: only.row.event_type,
        step: "enrichment",
        reason: failure.message,
        sqlstate: failure.sqlstate,
        payload: JSON.stringify(only.row),
      };
      return await database.run((sql) => insertDeadLetters(sql, [deadLetter]));
    }
    const middle = Math.ceil(enriched.length / 2);
    await writeOrSplit(database, enriched.slice(0, middle), statusOf);
    await writeOrSplit(database, enriched.slice(middle), statusOf);
  }
}

async function writeTogether(
  sql: Sql,
  enriched: readonly Enriched[],
  statusOf: StatusOf,
): Promise<void> {
  const inserted = await insertEnrichments(sql, enriched, statusOf);
  const fresh = enriched.filter(({ row }) => inserted.delete(row.id));
  const sessions = groupBySession(fresh);
  if (sessions.size > 0) {
    await addToSessions(sql, sessions);
    await addToVisits(sql, sessions);
  }
  const counts = new CountChanges();
  for (const { row, facts } of fresh) counts.add(row.occurred_at, facts, 1);
  await counts.write(sql);
}
