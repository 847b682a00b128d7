/**
 * Maintains the visits of sessions. Reads the visits near the new events and never the events of a
 * session, so that its cost does not grow with the session: no more than 50 visits a day fit between
 * pauses of 30 minutes.
 */

import type { Enriched } from "../events/enrichment.ts";
import {
  addToVisits,
  MAX_VISIT_MS,
  type Midnight,
  REACH,
  type Visit,
  type VisitChanges,
} from "../events/visits.ts";
import type { Sql } from "./database.ts";
import { saturatingSum } from "./saturating_sum.ts";

/** The years 1 to 9999: Postgres does not read other years as ISO 8601 has them. */
const MIN_TIME = Date.parse("0001-01-01T00:00:00.000Z");
const MAX_TIME = Date.parse("9999-12-31T23:59:59.999Z");

interface VisitRow {
  readonly session_id: string;
  readonly started_at: Date;
  readonly last_seen_at: Date;
  readonly event_count: string;
  readonly day_last_at: Date | null;
  readonly next_day_at: Date | null;
  readonly day_events: string | null;
}

// Not prepared: a plan made while the tables were small would scan them until Postgres analyses them.
const nearby = `
select v.* from jsonb_to_recordset($1::text::jsonb) as near (
  session_id uuid, since timestamptz, until timestamptz
) cross join lateral (
  select session_id, started_at, last_seen_at, event_count, day_last_at, next_day_at, day_events
  from session_visits v
  where v.session_id = near.session_id and v.started_at between near.since and near.until
) v
`;

const remove = `
delete from session_visits v
using jsonb_to_recordset($1::text::jsonb) as gone (session_id uuid, started_at timestamptz)
where v.session_id = gone.session_id and v.started_at = gone.started_at
`;

const recount = `
update sessions s set visits = ${saturatingSum("s.visits", "c.change", "integer")}
from jsonb_to_recordset($1::text::jsonb) as c (id uuid, change integer) where s.id = c.id
`;

/**
 * Adds newly enriched events to the visits of their sessions, whose rows this transaction has locked.
 *
 * @param created sessions that had no event before, and whose visits are counted already
 */
export async function writeVisits(
  sql: Sql,
  sessions: ReadonlyMap<string, readonly Enriched[]>,
  created: ReadonlySet<string>,
): Promise<void> {
  const known = await readNearby(sql, [...sessions].filter(([id]) => !created.has(id)));
  const changes = new Map([...sessions].map(([id, events]) => {
    return [id, addToVisits(known.get(id) ?? [], events.map(timeOf))];
  }));
  await removeGone(sql, changes);
  await upsert(sql, changes);
  const counts = [...changes]
    .map(([id, change]) => ({ id, change: countNew(known.get(id) ?? [], change) }))
    .filter(({ id, change }) => change !== 0 && !created.has(id));
  if (counts.length > 0) await sql.unsafe(recount, [JSON.stringify(counts)], { prepare: false });
}

async function readNearby(
  sql: Sql,
  sessions: readonly (readonly [string, readonly Enriched[]])[],
): Promise<Map<string, Visit[]>> {
  const visits = new Map<string, Visit[]>();
  if (sessions.length === 0) return visits;
  const ranges = sessions.map(([session_id, events]) => {
    const times = events.map(timeOf);
    return {
      session_id,
      since: toIso(Math.max(MIN_TIME, times.reduce((a, b) => Math.min(a, b)) - REACH.before)),
      until: toIso(Math.min(MAX_TIME, times.reduce((a, b) => Math.max(a, b)) + REACH.after)),
    };
  });
  const rows = await sql.unsafe<VisitRow[]>(nearby, [JSON.stringify(ranges)], { prepare: false });
  for (const row of rows) {
    const found = visits.get(row.session_id);
    if (found === undefined) visits.set(row.session_id, [toVisit(row)]);
    else found.push(toVisit(row));
  }
  return visits;
}

async function removeGone(sql: Sql, changes: ReadonlyMap<string, VisitChanges>): Promise<void> {
  const rows = [...changes].flatMap(([session_id, { gone }]) =>
    gone.map(({ startedAt }) => ({ session_id, started_at: toIso(startedAt) }))
  );
  if (rows.length > 0) await sql.unsafe(remove, [JSON.stringify(rows)], { prepare: false });
}

async function upsert(sql: Sql, changes: ReadonlyMap<string, VisitChanges>): Promise<void> {
  const rows = [...changes].flatMap(([session_id, { written }]) =>
    written.map(({ startedAt, lastSeenAt, events, midnight }) => ({
      session_id,
      started_at: toIso(startedAt),
      last_seen_at: toIso(lastSeenAt),
      event_count: events,
      day_last_at: midnight === null ? null : toIso(midnight.lastBefore),
      next_day_at: midnight === null ? null : toIso(midnight.firstAfter),
      day_events: midnight?.eventsBefore ?? null,
    }))
  );
  await sql`
    insert into session_visits (
      session_id, started_at, last_seen_at, event_count, day_last_at, next_day_at, day_events
    )
    select session_id, started_at, last_seen_at, event_count, day_last_at, next_day_at, day_events
    from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) as visit (
      session_id uuid, started_at timestamptz, last_seen_at timestamptz, event_count bigint,
      day_last_at timestamptz, next_day_at timestamptz, day_events bigint
    )
    on conflict (session_id, started_at) do update set
      last_seen_at = excluded.last_seen_at,
      event_count = excluded.event_count,
      day_last_at = excluded.day_last_at,
      next_day_at = excluded.next_day_at,
      day_events = excluded.day_events
  `;
}

/** How many more visits there are. It may be negative, as a late event can join two visits. */
function countNew(known: readonly Visit[], { gone, written }: VisitChanges): number {
  const before = new Set(known.map(({ startedAt }) => startedAt));
  return written.filter(({ startedAt }) => !before.has(startedAt)).length - gone.length;
}

function timeOf({ row }: Enriched): number {
  return Date.parse(row.occurred_at);
}

function toIso(time: number): string {
  return new Date(time).toISOString();
}

/** A visit with the times of its events as they can be: someone may have changed the row in SQL. */
function toVisit(row: VisitRow): Visit {
  const startedAt = row.started_at.getTime();
  const lastSeenAt = row.last_seen_at.getTime();
  const isVisit = startedAt <= lastSeenAt && lastSeenAt - startedAt < MAX_VISIT_MS;
  const visit = {
    startedAt,
    lastSeenAt: isVisit ? lastSeenAt : startedAt,
    events: toCount(row.event_count),
  };
  return { ...visit, midnight: toMidnight(row, visit) };
}

function toMidnight(
  { day_last_at, next_day_at, day_events }: VisitRow,
  { startedAt, lastSeenAt }: Omit<Visit, "midnight">,
): Midnight | null {
  const lastBefore = day_last_at?.getTime() ?? NaN;
  const firstAfter = next_day_at?.getTime() ?? NaN;
  const isOrdered = startedAt <= lastBefore && lastBefore <= firstAfter && firstAfter <= lastSeenAt;
  return isOrdered ? { lastBefore, firstAfter, eventsBefore: toCount(day_events) } : null;
}

/** A number that can be counted on and written back. */
function toCount(count: string | null): number {
  return Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number(count), Number.MAX_SAFE_INTEGER));
}
