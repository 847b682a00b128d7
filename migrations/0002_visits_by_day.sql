-- Visits are identified by when they started instead of by a number: a late event before many visits
-- would have renumbered all of them. A visit that crosses midnight (UTC) stores the times around it, so
-- that it can be split without reading its events if it grows to 24 hours (contract 7.10).

alter table session_visits drop constraint session_visits_pkey;
alter table session_visits drop column visit;
alter table session_visits add primary key (session_id, started_at);
alter table session_visits add column day_last_at timestamptz;
alter table session_visits add column next_day_at timestamptz;
alter table session_visits add column day_events bigint;

-- For existing visits the events around midnight are not known here, so they are estimated in
-- proportion to time. This only matters if a late event makes such a visit too long.
with crossing as (
  select session_id, started_at,
    date_trunc('day', last_seen_at at time zone 'UTC') at time zone 'UTC' as midnight
  from session_visits
)
update session_visits v set
  day_last_at = c.midnight - interval '1 millisecond',
  next_day_at = c.midnight,
  day_events = greatest(1, least(v.event_count - 1, round(
    v.event_count * extract(epoch from c.midnight - v.started_at) /
      extract(epoch from v.last_seen_at - v.started_at)
  )))
from crossing c
where c.session_id = v.session_id and c.started_at = v.started_at and v.started_at < c.midnight;
