/** Visits of sessions: cut on as events come; cut anew where an event comes late. */

import type { Enriched } from "../events/enrichment.ts";
import { cutVisits, MAX_IDLE_MS, type Visit } from "../events/visits.ts";
import type { Sql } from "./database.ts";

interface VisitRow {
  readonly session_id: string;
  readonly visit: number;
  readonly started_at: Date;
  readonly last_seen_at: Date;
  readonly event_count: string;
}

/** Adds events that are new to the visits of their sessions, whose rows this transaction has locked. */
export async function addToVisits(
  sql: Sql,
  sessions: ReadonlyMap<string, readonly Enriched[]>,
): Promise<void> {
  const ids = [...sessions.keys()];
  const open = await sql<VisitRow[]>`
    select distinct on (session_id) session_id, visit, started_at, last_seen_at, event_count
    from session_visits
    where session_id = any(array(
      select json_array_elements_text(${JSON.stringify(ids)}::text::json)::uuid
    ))
    order by session_id, visit desc
  `;
  const openBySession = new Map(open.map((row) => [row.session_id, row]));
  const cut: { id: string; first: number; visits: Visit[] }[] = [];
  for (const [id, events] of sessions) {
    const last = openBySession.get(id);
    const times = events.map(({ row }) => Date.parse(row.occurred_at));
    const earliest = times[0] ?? 0;
    if (last === undefined || earliest >= last.last_seen_at.getTime()) {
      const visits = cutVisits(times, last === undefined ? null : visitOf(last));
      cut.push({ id, first: last?.visit ?? 1, visits });
    } else cut.push({ id, ...await cutAnew(sql, id, earliest) });
  }
  const rows = cut.flatMap(({ id, first, visits }) =>
    visits.map((visit, i) => ({
      session_id: id,
      visit: first + i,
      started_at: new Date(visit.startedAt).toISOString(),
      last_seen_at: new Date(visit.lastSeenAt).toISOString(),
      event_count: visit.events,
    }))
  );
  // Cut anew, a session may have fewer visits than before: a late event can join two.
  const counts = cut.map(({ id, first, visits }) => ({ id, visits: first - 1 + visits.length }));
  await sql`
    with input as (
      select * from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) as visit (
        session_id uuid, visit integer, started_at timestamptz, last_seen_at timestamptz,
        event_count bigint
      )
    ), counts as (
      select * from jsonb_to_recordset(${JSON.stringify(counts)}::text::jsonb) as session (
        id uuid, visits integer
      )
    ), joined as (
      delete from session_visits v using counts c where v.session_id = c.id and v.visit > c.visits
    ), counted as (
      update sessions s set visits = c.visits from counts c where s.id = c.id and s.visits <> c.visits
    )
    insert into session_visits (session_id, visit, started_at, last_seen_at, event_count)
    select session_id, visit, started_at, last_seen_at, event_count from input
    on conflict (session_id, visit) do update set
      started_at = excluded.started_at,
      last_seen_at = excluded.last_seen_at,
      event_count = excluded.event_count
  `;
}

/** Cuts a session anew from the visit on that an event at `earliest` may belong to. */
async function cutAnew(
  sql: Sql,
  sessionId: string,
  earliest: number,
): Promise<{ first: number; visits: Visit[] }> {
  const [touched] = await sql<VisitRow[]>`
    select session_id, visit, started_at, last_seen_at, event_count from session_visits
    where session_id = ${sessionId}::uuid
      and last_seen_at >= ${new Date(earliest - MAX_IDLE_MS).toISOString()}::timestamptz
    order by visit limit 1
  `;
  const from = Math.min(earliest, touched?.started_at.getTime() ?? earliest);
  const rows = await sql<{ occurred_at: Date }[]>`
    select e.occurred_at from events e
    join event_enrichments n on n.event_id = e.id and n.occurred_at = e.occurred_at
    where e.session_id = ${sessionId}::uuid
      and e.occurred_at >= ${new Date(from).toISOString()}::timestamptz
    order by e.occurred_at
  `;
  const times = rows.map(({ occurred_at }) => occurred_at.getTime());
  return { first: touched?.visit ?? 1, visits: cutVisits(times, null) };
}

function visitOf(row: VisitRow): Visit {
  return {
    startedAt: row.started_at.getTime(),
    lastSeenAt: row.last_seen_at.getTime(),
    events: Number(row.event_count),
  };
}
