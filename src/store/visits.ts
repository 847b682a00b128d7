/**
 * Maintains the visits of sessions. Reads the visits near the new events and never the events of a
 * session, so that its cost does not grow with the session: no more than 50 visits a day fit between
 * pauses of 30 minutes.
 */

import {
  addToVisits,
  MAX_VISIT_MS,
  type Midnight,
  REACH,
  type Visit,
  type VisitChanges,
} from "../events/visits.ts";
import type { Sql } from "./database.ts";
import { encodeRows, fromRows, type JsonRow, timeAt, valueAt } from "./json_rows.ts";
import { saturatingSum } from "./saturating_sum.ts";
import type { SessionEvents } from "./sessions.ts";

/** The years 1 to 9999: Postgres does not read other years as ISO 8601 has them. */
const MIN_TIME = Date.parse("0001-01-01T00:00:00.000Z");
const MAX_TIME = Date.parse("9999-12-31T23:59:59.999Z");

/** Times are epoch milliseconds as Postgres computes them, which are off by less than 1. */
interface VisitRow {
  readonly session_id: string;
  readonly started_at: number;
  readonly last_seen_at: number;
  readonly event_count: string;
  readonly day_last_at: number | null;
  readonly next_day_at: number | null;
  readonly day_events: string | null;
}

/** The columns of a visit, in the order of `toRow`. */
const COLUMNS =
  "session_id, started_at, last_seen_at, event_count, day_last_at, next_day_at, day_events";

// Not prepared: a plan made while the tables were small would scan them until Postgres analyses them.
const nearby = `
select v.session_id, v.event_count, v.day_events, ${
  ["started_at", "last_seen_at", "day_last_at", "next_day_at"]
    .map((name) => `date_part('epoch', v.${name}) * 1000 as ${name}`).join(", ")
}
from ${fromRows("$1")} join session_visits v on v.session_id = ${valueAt(0, "uuid")}
  and v.started_at between ${timeAt(1)} and ${timeAt(2)}
`;

const remove = `
delete from session_visits v using ${fromRows("$1")}
where v.session_id = ${valueAt(0, "uuid")} and v.started_at = ${timeAt(1)}
`;

const upsert = `
insert into session_visits (${COLUMNS})
select ${valueAt(0, "uuid")}, ${timeAt(1)}, ${timeAt(2)}, ${valueAt(3, "bigint")},
  ${timeAt(4)}, ${timeAt(5)}, ${valueAt(6, "bigint")}
from ${fromRows("$1")}
on conflict (session_id, started_at) do update set
  last_seen_at = excluded.last_seen_at,
  event_count = excluded.event_count,
  day_last_at = excluded.day_last_at,
  next_day_at = excluded.next_day_at,
  day_events = excluded.day_events
`;

const recount = `
update sessions s set visits = ${saturatingSum("s.visits", valueAt(1, "integer"), "integer")}
from ${fromRows("$1")} where s.id = ${valueAt(0, "uuid")}
`;

/**
 * Adds newly enriched events to the visits of their sessions, whose rows this transaction has locked.
 *
 * @param created sessions that had no event before, and whose visits are counted already
 */
export async function writeVisits(
  sql: Sql,
  sessions: ReadonlyMap<string, SessionEvents>,
  created: ReadonlySet<string>,
): Promise<void> {
  const known = await readNearby(sql, [...sessions].filter(([id]) => !created.has(id)));
  const gone: JsonRow[] = [];
  const written: JsonRow[] = [];
  const counts: JsonRow[] = [];
  for (const [id, { times }] of sessions) {
    const before = known.get(id) ?? [];
    const changes = addToVisits(before, times);
    for (const { startedAt } of changes.gone) gone.push([id, startedAt]);
    for (const visit of changes.written) written.push(toRow(id, visit));
    const change = countNew(before, changes);
    if (change !== 0 && !created.has(id)) counts.push([id, change]);
  }
  if (gone.length > 0) await sql.unsafe(remove, [encodeRows(gone)], { prepare: false });
  await sql.unsafe(upsert, [encodeRows(written)], { prepare: true });
  if (counts.length > 0) await sql.unsafe(recount, [encodeRows(counts)], { prepare: false });
}

async function readNearby(
  sql: Sql,
  sessions: readonly (readonly [string, SessionEvents])[],
): Promise<Map<string, Visit[]>> {
  const visits = new Map<string, Visit[]>();
  if (sessions.length === 0) return visits;
  const ranges = sessions.map(([id, { times }]) => {
    const first = times.reduce((a, b) => Math.min(a, b));
    const last = times.reduce((a, b) => Math.max(a, b));
    return [
      id,
      Math.max(MIN_TIME, first - REACH.before),
      Math.min(MAX_TIME, last + REACH.after),
    ];
  });
  const rows = await sql.unsafe<VisitRow[]>(nearby, [encodeRows(ranges)], { prepare: false });
  for (const row of rows) {
    const found = visits.get(row.session_id);
    if (found === undefined) visits.set(row.session_id, [toVisit(row)]);
    else found.push(toVisit(row));
  }
  return visits;
}

function toRow(id: string, { startedAt, lastSeenAt, events, midnight }: Visit): JsonRow {
  const row = [id, startedAt, lastSeenAt, events];
  if (midnight === null) return row;
  return [...row, midnight.lastBefore, midnight.firstAfter, midnight.eventsBefore];
}

/** How many more visits there are. It may be negative, as a late event can join two visits. */
function countNew(known: readonly Visit[], { gone, written }: VisitChanges): number {
  const before = new Set(known.map(({ startedAt }) => startedAt));
  return written.filter(({ startedAt }) => !before.has(startedAt)).length - gone.length;
}

/** A visit with the times of its events as they can be: someone may have changed the row in SQL. */
function toVisit(row: VisitRow): Visit {
  const startedAt = Math.round(row.started_at);
  const lastSeenAt = Math.round(row.last_seen_at);
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
  const lastBefore = Math.round(day_last_at ?? NaN);
  const firstAfter = Math.round(next_day_at ?? NaN);
  const isOrdered = startedAt <= lastBefore && lastBefore <= firstAfter && firstAfter <= lastSeenAt;
  return isOrdered ? { lastBefore, firstAfter, eventsBefore: toCount(day_events) } : null;
}

/** A number that can be counted on and written back. */
function toCount(count: string | null): number {
  return Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number(count), Number.MAX_SAFE_INTEGER));
}
