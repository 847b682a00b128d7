/** One row a session (contract 7.2), right whatever the order in which its events arrive. */

import type { Enriched } from "../events/enrichment.ts";
import type { Sql } from "./database.ts";

const statement = `
insert into sessions as s (
  id, started_at, last_seen_at, event_count, entry_url, entry_at, first_attribution,
  first_attribution_at, country, device_type, browser, os, user_id
)
select
  id, started_at, last_seen_at, event_count, entry_url, entry_at, first_attribution,
  first_attribution_at, country, device_type, browser, os, user_id
from jsonb_to_recordset($1::text::jsonb) as session (
  id uuid, started_at timestamptz, last_seen_at timestamptz, event_count bigint, entry_url text,
  entry_at timestamptz, first_attribution jsonb, first_attribution_at timestamptz, country text,
  device_type text, browser text, os text, user_id text
)
order by id -- two processes that meet the same sessions lock them in one order
on conflict (id) do update set
  event_count = s.event_count + excluded.event_count,
  entry_url = case when excluded.entry_at < s.entry_at or s.entry_at is null
    then excluded.entry_url else s.entry_url end,
  entry_at = least(s.entry_at, excluded.entry_at),
  first_attribution = case
    when excluded.first_attribution_at < s.first_attribution_at or s.first_attribution_at is null
    then excluded.first_attribution else s.first_attribution end,
  first_attribution_at = least(s.first_attribution_at, excluded.first_attribution_at),
  country = coalesce(s.country, excluded.country),
  device_type = coalesce(s.device_type, excluded.device_type),
  browser = coalesce(s.browser, excluded.browser),
  os = coalesce(s.os, excluded.os),
  user_id = coalesce(excluded.user_id, s.user_id),
  started_at = least(s.started_at, excluded.started_at),
  last_seen_at = greatest(s.last_seen_at, excluded.last_seen_at)
`;

/** The events of each session, oldest first. Events without a session are left out. */
export function bySession(enriched: readonly Enriched[]): Map<string, Enriched[]> {
  const sessions = new Map<string, Enriched[]>();
  const ordered = enriched.toSorted((a, b) => a.row.occurred_at < b.row.occurred_at ? -1 : 1);
  for (const event of ordered) {
    const id = event.row.session_id?.toLowerCase();
    if (id === undefined) continue;
    const events = sessions.get(id);
    if (events === undefined) sessions.set(id, [event]);
    else events.push(event);
  }
  return sessions;
}

/** Adds events that are new to their sessions. */
export async function addToSessions(
  sql: Sql,
  sessions: ReadonlyMap<string, readonly Enriched[]>,
): Promise<void> {
  const rows = [...sessions].map(([id, events]) => ({ id, ...summaryOf(events) }));
  await sql.unsafe(statement, [JSON.stringify(rows)], { prepare: true });
}

function summaryOf(events: readonly Enriched[]) {
  const entry = events.find((event) => pageOf(event) !== null);
  const touch = events.find(({ row }) => row.attribution !== null);
  const person = events.find(({ facts }) => !facts.is_bot) ?? events[0];
  return {
    started_at: events[0]?.row.occurred_at,
    last_seen_at: events.at(-1)?.row.occurred_at,
    event_count: events.length,
    entry_url: entry === undefined ? null : pageOf(entry),
    entry_at: entry?.row.occurred_at ?? null,
    first_attribution: touch?.row.attribution ?? null,
    first_attribution_at: touch?.row.occurred_at ?? null,
    country: person?.facts.country ?? null,
    device_type: person?.facts.device_type ?? null,
    browser: person?.facts.browser ?? null,
    os: person?.facts.os ?? null,
    user_id: events.findLast(({ row }) => row.user_id !== null)?.row.user_id ?? null,
  };
}

/** The page that an event happened on, as far as anybody said so. */
function pageOf({ row, context }: Enriched): string | null {
  const url = row.props?.["url"];
  if (row.attribution?.landingPage) return row.attribution.landingPage;
  if (typeof url === "string" && url !== "") return url;
  return row.source === "web" ? context.referrer : null;
}
