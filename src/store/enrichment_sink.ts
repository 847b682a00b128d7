/** Writes enrichments and updates sessions, visits and counts, in one transaction. */

import type {
  Enriched,
  EnrichedFacts,
  EnrichmentSink,
  EntityTables,
} from "../events/enrichment.ts";
import { EMPTY_CONTEXT, encodeRow, parseContext, parseRow } from "../events/line.ts";
import { PostgresCondition } from "./condition.ts";
import type { Database, Sql } from "./database.ts";
import { type DeadLetter, insertDeadLetters } from "./dead_letters.ts";
import { CountChanges } from "./enrichment_counts.ts";
import { EntityLookup, type StatusOf } from "./entities.ts";
import { FACT_NAMES } from "./fact_columns.ts";
import { insertEnrichments } from "./insert_enrichments.ts";
import { addToSessions, groupBySession } from "./sessions.ts";
import { succeeds } from "./succeeds.ts";
import { writeVisits } from "./visits.ts";
import { type RowRejection, writeHalving } from "./write_halving.ts";

/** Creates the sink that writes enrichments to Postgres. */
export function createEnrichmentSink(
  database: Database,
  tables: EntityTables,
  condition = new PostgresCondition(),
): EnrichmentSink {
  const entities = new EntityLookup(database, tables);
  /**
   * The last event that was written, of those with and of those without a session, which need fewer
   * tables. Whether one like it can be written now tells what an error is about.
   */
  const accepted = new Map<boolean, Enriched>();
  async function write(enriched: readonly Enriched[]): Promise<void> {
    const statusOf = await entities.lookUp(enriched);
    const { rejected } = await writeHalving(enriched, {
      async write(part) {
        await database.run((sql) =>
          sql.begin((tx) => writeTogether(tx as unknown as Sql, part, statusOf))
        );
        for (const item of part) accepted.set(hasSession(item), item);
      },
      kindOf: hasSession,
      canWrite: (_, rejected) => canWriteSome(hasSession(rejected), rejected?.row.occurred_at),
    });
    const dead = rejected.map(({ item, failure }) => toDeadLetter(item, failure));
    if (dead.length > 0) await database.run((sql) => insertDeadLetters(sql, dead));
  }

  /** Whether an enrichment could be written now, of an event with or without a session. */
  async function canWriteSome(withSession: boolean, time?: string): Promise<boolean> {
    const like = accepted.get(withSession);
    return like !== undefined && await canWriteLike(database, like) ||
      await canWriteLike(database, plainLike(withSession, time));
  }

  return {
    canWrite: async () => condition.refusal === null && await canWriteSome(true),
    async write(enriched) {
      if (condition.refusal !== null) throw new Error(condition.refusal);
      try {
        await write(enriched);
        condition.works("enrichment");
      } catch (error) {
        condition.fails("enrichment", error);
        throw error;
      }
    },
  };
}

function toDeadLetter({ row }: Enriched, { message, sqlstate }: RowRejection): DeadLetter {
  return {
    event_id: row.id,
    event_type: row.event_type,
    step: "enrichment",
    reason: message,
    sqlstate,
    payload: JSON.stringify(row),
  };
}

function hasSession(enriched: Enriched | undefined): boolean {
  return Boolean(enriched?.row.session_id);
}

/** An enrichment without anything that a rule could reject, if any is accepted, for the same tables. */
function plainLike(withSession: boolean, time = "2000-01-01T00:00:00.000Z"): Enriched {
  const row = parseRow(encodeRow({
    id: crypto.randomUUID(),
    occurred_at: time,
    received_at: time,
    event_type: "page_viewed",
    known_event_type: true,
    source: "web",
    content_hash: "",
    ...withSession ? { session_id: crypto.randomUUID() } : {},
  }));
  const unknown = Object.fromEntries(FACT_NAMES.map((name) => [name, null]));
  const facts = { ...unknown, is_bot: false } as unknown as EnrichedFacts;
  return { row, context: parseContext(EMPTY_CONTEXT), facts };
}

/** Whether an enrichment like the given one could be written now, for an event that does not exist. */
function canWriteLike(database: Database, { row, ...others }: Enriched): Promise<boolean> {
  const like = { ...others, row: { ...row, id: crypto.randomUUID() } };
  return succeeds(database, (sql) => writeTogether(sql, [like], () => "none"));
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
    const created = await addToSessions(sql, sessions);
    await writeVisits(sql, sessions, created);
  }
  const counts = new CountChanges();
  for (const { row, facts } of fresh) counts.add(row.occurred_at, facts, 1);
  await counts.write(sql);
}
