/** Maintains the visits of sessions: extends the last one, or splits again after a late event. */

import type { Enriched } from "../events/enrichment.ts";
import { MAX_IDLE_MS, splitIntoVisits, type Visit } from "../events/visits.ts";
import type { Sql } from "./database.ts";

interface VisitRow {
  readonly session_id: string;
  readonly visit: number;
  readonly started_at: Date;
  readonly last_seen_at: Date;
  readonly event_count: string;
}

/** The visits of a session that change. */
interface Change {
  readonly id: string;
  /** How many visits the session had. */
  readonly before: number;
  /** The number of the first of `visits`. */
  readonly first: number;
  readonly visits: readonly Visit[];
}

// Not prepared: a plan made while the tables were small would scan them until Postgres analyses them.
const latest = `
select distinct on (session_id) session_id, visit, started_at, last_seen_at, event_count
from session_visits
where session_id = any(array(select json_array_elements_text($1::text::json)::uuid))
order by session_id, visit desc
`;

const enrichedSince = `
select e.occurred_at from events e
join event_enrichments n on n.event_id = e.id and n.occurred_at = e.occurred_at
where e.session_id = $1::uuid and e.occurred_at >= $2::timestamptz
order by e.occurred_at
`;

const recount = `
with counts as (
  select * from jsonb_to_recordset($1::text::jsonb) as session (id uuid, visits integer)
), joined as (
  delete from session_visits v using counts c where v.session_id = c.id and v.visit > c.visits
)
update sessions s set visits = c.visits from counts c where s.id = c.id
`;

/** Adds newly enriched events to the visits of their sessions, whose rows this transaction has locked. */
export async function addToVisits(
  sql: Sql,
  sessions: ReadonlyMap<string, readonly Enriched[]>,
): Promise<void> {
  const ids = [...sessions.keys()];
  const open = await sql.unsafe<VisitRow[]>(latest, [JSON.stringify(ids)], { prepare: false });
  const openBySession = new Map(open.map((row) => [row.session_id, row]));
  const changes: Change[] = [];
  for (const [id, events] of sessions) {
    const last = openBySession.get(id);
    const before = last?.visit ?? 1;
    const times = events.map(({ row }) => Date.parse(row.occurred_at));
    const earliest = times[0] ?? 0;
    if (last === undefined || earliest >= last.last_seen_at.getTime()) {
      const visits = splitIntoVisits(times, last === undefined ? null : toVisit(last));
      changes.push({ id, before, first: before, visits });
    } else changes.push({ id, before, ...await resplit(sql, id, earliest) });
  }
  await writeVisits(sql, changes);
  const recounted = changes.filter((change) => countVisits(change) !== change.before);
  if (recounted.length > 0) await writeCounts(sql, recounted);
}

async function writeVisits(sql: Sql, changes: readonly Change[]): Promise<void> {
  const rows = changes.flatMap(({ id, first, visits }) =>
    visits.map((visit, i) => ({
      session_id: id,
      visit: first + i,
      started_at: new Date(visit.startedAt).toISOString(),
      last_seen_at: new Date(visit.lastSeenAt).toISOString(),
      event_count: visit.events,
    }))
  );
  await sql`
    insert into session_visits (session_id, visit, started_at, last_seen_at, event_count)
    select session_id, visit, started_at, last_seen_at, event_count
    from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) as visit (
      session_id uuid, visit integer, started_at timestamptz, last_seen_at timestamptz,
      event_count bigint
    )
    on conflict (session_id, visit) do update set
      started_at = excluded.started_at,
      last_seen_at = excluded.last_seen_at,
      event_count = excluded.event_count
  `;
}

/** Writes the number of visits of sessions. It may shrink, as a late event can join two visits. */
async function writeCounts(sql: Sql, changes: readonly Change[]): Promise<void> {
  const counts = changes.map((change) => ({ id: change.id, visits: countVisits(change) }));
  await sql.unsafe(recount, [JSON.stringify(counts)], { prepare: false });
}

function countVisits({ first, visits }: Change): number {
  return first - 1 + visits.length;
}

/** Splits a session again, from the visit that an event at `earliest` may belong to. */
async function resplit(
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
  const rows = await sql.unsafe<{ occurred_at: Date }[]>(
    enrichedSince,
    [sessionId, new Date(from).toISOString()],
    { prepare: false },
  );
  const times = rows.map(({ occurred_at }) => occurred_at.getTime());
  return { first: touched?.visit ?? 1, visits: splitIntoVisits(times, null) };
}

function toVisit(row: VisitRow): Visit {
  return {
    startedAt: row.started_at.getTime(),
    lastSeenAt: row.last_seen_at.getTime(),
    events: Number(row.event_count),
  };
}
