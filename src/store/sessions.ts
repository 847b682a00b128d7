/** Maintains one row per session (contract 7.2), independent of the order in which events arrive. */

import type { Enriched } from "../events/enrichment.ts";
import { splitIntoVisits } from "../events/visits.ts";
import type { Sql } from "./database.ts";
import { encodeLines, fromLines, selectColumns } from "./json_rows.ts";
import { saturatingSum } from "./saturating_sum.ts";

/** The columns that events determine, the ones that are most often null last. */
const COLUMNS = {
  id: "uuid",
  started_at: "timestamptz",
  last_seen_at: "timestamptz",
  event_count: "bigint",
  visits: "integer",
  visitor_at: "timestamptz",
  visitor_is_bot: "boolean",
  device_type: "text",
  browser: "text",
  os: "text",
  country: "text",
  entry_at: "timestamptz",
  entry_url: "text",
  first_attribution_at: "timestamptz",
  first_attribution: "jsonb",
  user_at: "timestamptz",
  user_id: "text",
} as const;

type Column = keyof typeof COLUMNS;

const NAMES = Object.keys(COLUMNS) as Column[];

/** People before bots, then the first. A subquery that sorts the two took an eighth of the statement. */
const IS_BETTER_VISITOR = `(${rankOf("excluded")}) < (${rankOf("s")})`;

function rankOf(row: string): string {
  return `coalesce(${row}.visitor_is_bot::integer, 2), coalesce(${row}.visitor_at, 'infinity')`;
}

// Returns the sessions that may be new: those with no more events than `$2`.
const statement = `
with written as (
insert into sessions as s (${NAMES.join(", ")})
select ${selectColumns(COLUMNS)} from ${fromLines("$1")}
order by id -- a fixed lock order for processes that write the same sessions
on conflict (id) do update set
  event_count = ${saturatingSum("s.event_count", "excluded.event_count", "bigint")},
  entry_url = case when excluded.entry_at < s.entry_at or s.entry_at is null
    then excluded.entry_url else s.entry_url end,
  entry_at = least(s.entry_at, excluded.entry_at),
  first_attribution = case
    when excluded.first_attribution_at < s.first_attribution_at or s.first_attribution_at is null
    then excluded.first_attribution else s.first_attribution end,
  first_attribution_at = least(s.first_attribution_at, excluded.first_attribution_at),
  ${
  ["country", "device_type", "browser", "os", "visitor_is_bot", "visitor_at"]
    .map((name) =>
      `${name} = case when ${IS_BETTER_VISITOR} then excluded.${name} else s.${name} end`
    )
    .join(",\n  ")
},
  user_id = case when s.user_at is null or excluded.user_at >= s.user_at
    then excluded.user_id else s.user_id end,
  user_at = greatest(s.user_at, excluded.user_at),
  started_at = least(s.started_at, excluded.started_at),
  last_seen_at = greatest(s.last_seen_at, excluded.last_seen_at)
returning id, event_count
)
select id, event_count from written where event_count <= $2::bigint
`;

/** Newly enriched events of a session, oldest first. */
export interface SessionEvents {
  readonly events: readonly Enriched[];
  /** When each occurred, in epoch milliseconds. */
  readonly times: readonly number[];
}

/** Groups events by session. Events without a session are left out. */
export function groupBySession(enriched: readonly Enriched[]): Map<string, SessionEvents> {
  const sessions = new Map<string, { events: Enriched[]; times: number[] }>();
  const ordered = enriched.toSorted(byTime);
  for (const event of ordered) {
    const id = event.row.session_id?.toLowerCase();
    if (id === undefined) continue;
    const time = Date.parse(event.row.occurred_at);
    const session = sessions.get(id);
    if (session === undefined) sessions.set(id, { events: [event], times: [time] });
    else {
      session.events.push(event);
      session.times.push(time);
    }
  }
  return sessions;
}

/** Compares by time, then by id, so that the order is always the same. */
function byTime({ row: a }: Enriched, { row: b }: Enriched): number {
  if (a.occurred_at !== b.occurred_at) return a.occurred_at < b.occurred_at ? -1 : 1;
  return a.id < b.id ? -1 : 1;
}

/**
 * Adds newly enriched events to their sessions, except to the visits of those that existed.
 *
 * @returns the ids of the sessions that had no event before
 */
export async function addToSessions(
  sql: Sql,
  sessions: ReadonlyMap<string, SessionEvents>,
): Promise<Set<string>> {
  const rows = [...sessions].map(([id, events]) => {
    const summary = summarize(id, events);
    return NAMES.map((name) => summary[name]);
  });
  const mostEvents = sessions.values().reduce((most, { times }) => Math.max(most, times.length), 0);
  const few = await sql.unsafe<{ id: string; event_count: string }[]>(
    statement,
    [encodeLines(rows), mostEvents],
    { prepare: true },
  );
  const created = few.filter(({ id, event_count }) =>
    Number(event_count) === sessions.get(id)?.events.length
  );
  return new Set(created.map(({ id }) => id));
}

function summarize(
  id: string,
  { events, times }: SessionEvents,
): Readonly<Record<Column, unknown>> {
  const entry = events.find((event) => readPageUrl(event) !== null);
  const touch = events.find(({ row }) => row.attribution !== null);
  const user = events.findLast(({ row }) => row.user_id !== null);
  const person = events.find(({ facts }) => !facts.is_bot) ?? events[0];
  return {
    id,
    started_at: events[0]?.row.occurred_at,
    last_seen_at: events.at(-1)?.row.occurred_at,
    event_count: events.length,
    visits: splitIntoVisits(times).length,
    entry_url: entry === undefined ? null : readPageUrl(entry),
    entry_at: entry?.row.occurred_at ?? null,
    first_attribution: touch?.row.attribution ?? null,
    first_attribution_at: touch?.row.occurred_at ?? null,
    country: person?.facts.country ?? null,
    device_type: person?.facts.device_type ?? null,
    browser: person?.facts.browser ?? null,
    os: person?.facts.os ?? null,
    visitor_is_bot: person?.facts.is_bot ?? null,
    visitor_at: person?.row.occurred_at ?? null,
    user_id: user?.row.user_id ?? null,
    user_at: user?.row.occurred_at ?? null,
  };
}

/** Returns the URL of the page that an event occurred on, if known. */
function readPageUrl({ row, context }: Enriched): string | null {
  const url = row.props?.["url"];
  if (row.attribution?.landingPage) return row.attribution.landingPage;
  if (typeof url === "string" && url !== "") return url;
  return row.source === "web" ? context.referrer : null;
}
