-- The whole schema (contract section 7). README.md in this folder explains how to query it, how to
-- drop old months, and how to add a migration.

-- One row per accepted event, never updated. Partitioned by month, so that old months can be dropped
-- instead of deleted row by row. The primary key has to include occurred_at for that.
create table events (
  id uuid not null,
  occurred_at timestamptz not null,
  received_at timestamptz not null,
  stored_at timestamptz not null default now(),
  event_type text not null,
  known_event_type boolean not null,
  source text not null,
  entity_type text,
  entity_id text,
  session_id uuid,
  actor_id text,
  actor_type text,
  user_id text,
  creator_id text,
  brand_id text,
  user_role text,
  props jsonb,
  attribution jsonb,
  idempotency_key uuid,
  primary key (id, occurred_at)
) partition by range (occurred_at);

-- Only what the dashboard and the documented queries look up: an index can take more time than the row.
-- Lost: indexes of sessions and users without occurred_at. They take a seventh of the space and 10 % less
-- CPU each, but Postgres then answers the funnel of README.md by the index of types: 6.2 s instead of 0.2.
create index events_type_time on events (event_type, occurred_at);
create index events_session on events (session_id, occurred_at) where session_id is not null;
create index events_user on events (user_id, occurred_at) where user_id is not null;

-- Keeps idempotency keys for as long as their events, which is longer than KV does (contract 5.4).
-- A separate table, because a unique index on the partitioned table would have to include occurred_at.
--
-- Not partitioned. Measured with 128 MB of shared_buffers and 50,000 keys after a checkpoint, 1, 10 and 30
-- million kept: a time-ordered key costs 4 to 5 µs and 290 bytes of WAL in all cases; a random one 6, 14 and
-- 16 µs and 0.9, 3.9 and 5.2 kB. The latter is the whole page of the index that it belongs to, so it will
-- not be more. With a checkpoint every five minutes these are the keys of 2, 17 and 50 hours, at any rate:
-- a partition for the current month would write as much. And with 10 million in three older partitions a
-- random key takes 25 µs, with 30 million in twelve 90 to 100 (a time-ordered one 6 and 13). wal_compression
-- does not help: lz4 takes off 5 %, zstd 20 % for four times the CPU.
create table idempotency_keys (
  idempotency_key uuid primary key,
  event_id uuid not null,
  occurred_at timestamptz not null,
  content_hash text not null -- distinguishes a replay from another event under the same key
);

-- The facts that enrichers found for an event. A separate table, so that `deno task reenrich` can rewrite
-- it and leave events as they were received. Columns for facts are listed in
-- src/store/fact_columns.ts too; a test compares the two.
create table event_enrichments (
  event_id uuid not null,
  occurred_at timestamptz not null,
  browser text,
  browser_version text,
  os text,
  os_version text,
  device_type text,
  is_bot boolean,
  bot_reason text,
  country text,
  region text,
  city text,
  referrer_host text,
  channel text,
  utm_source text,
  utm_medium text,
  utm_campaign text,
  utm_term text,
  utm_content text,
  click_id text,
  entity_status text not null default 'unchecked'
    check (entity_status in ('none', 'found', 'missing', 'unchecked')),
  enriched_at timestamptz not null default now(),
  -- The inputs of the next reenrich: the request's headers, and the caller's network in place of the
  -- IP address, which is never stored (contract 7.4).
  context jsonb,
  network cidr,
  version integer not null, -- of the enrichers; reenrich picks the rows of older ones
  primary key (event_id, occurred_at)
) partition by range (occurred_at);

-- One row per session id, maintained by enrichment. Events may arrive in any order, so every value that
-- comes from the first or last event has an *_at column with the time of that event.
create table sessions (
  id uuid primary key,
  started_at timestamptz not null,
  last_seen_at timestamptz not null,
  event_count bigint not null default 0,
  visits integer not null default 1,
  entry_url text,
  entry_at timestamptz,
  first_attribution jsonb,
  first_attribution_at timestamptz,
  -- Of the first event that a person sent, else of the first bot's.
  country text,
  device_type text,
  browser text,
  os text,
  visitor_is_bot boolean,
  visitor_at timestamptz,
  user_id text,
  user_at timestamptz
);

-- Sessions split into visits, which end after 30 minutes without an event; longer ones at midnight (UTC).
create table session_visits (
  session_id uuid not null,
  -- Identifies the visit within its session; a number would change with each earlier visit found late.
  started_at timestamptz not null,
  last_seen_at timestamptz not null,
  event_count bigint not null,
  -- Around the midnight (UTC) that the visit crosses, null if it crosses none: the last event before it,
  -- the first one after it, and the number of events before it. With these a visit that grows to 24 hours
  -- is split without reading its events (contract 7.10).
  day_last_at timestamptz,
  next_day_at timestamptz,
  day_events bigint,
  primary key (session_id, started_at)
);

-- Events that Postgres rejected, kept for a person to inspect and replay (contract 7.3).
create table dead_letters (
  event_id uuid primary key,
  event_type text,
  step text not null check (step in ('flush', 'enrichment')), -- 'enrichment': the event itself is a row
  reason text not null,
  sqlstate text,
  payload text not null, -- not jsonb: it must also hold what jsonb rejects
  dead_at timestamptz not null default now(),
  replayed_at timestamptz
);

create index dead_letters_order on dead_letters (dead_at, event_id);

-- Counts per minute for plots and totals, so that nothing has to count millions of rows. Each is
-- written by the statement or transaction that inserts the rows it counts, so they always agree.
create table event_counts (
  minute timestamptz not null,
  event_type text not null,
  source text not null,
  events bigint not null,
  primary key (minute, event_type, source)
);

create table enrichment_counts (
  dimension text not null check (dimension in ('channel', 'device', 'country')),
  minute timestamptz not null,
  value text not null, -- '' for unknown
  events bigint not null,
  primary key (dimension, minute, value)
);

-- Duplicates, rejections and flush durations per minute. They are not written together with
-- rows, so they may be slightly off: good for plots, not for reconciliation.
create table pipeline_counts (
  measure text not null check (measure in ('duplicates', 'rejected', 'flush')),
  minute timestamptz not null,
  label text not null, -- for 'flush', the upper bound of the duration in milliseconds
  count bigint not null,
  primary key (measure, minute, label)
);

-- The view for analysts: all columns except those that only reenrich needs.
create view enriched_events as
select
  e.*,
  n.browser, n.browser_version, n.os, n.os_version, n.device_type, n.is_bot, n.bot_reason,
  n.country, n.region, n.city, n.referrer_host, n.channel,
  n.utm_source, n.utm_medium, n.utm_campaign, n.utm_term, n.utm_content, n.click_id,
  n.entity_status, n.enriched_at
from events e
left join event_enrichments n on n.event_id = e.id and n.occurred_at = e.occurred_at;

-- Take rows of months that have no partition yet, which Postgres would otherwise reject.
create table events_default partition of events default;
create table event_enrichments_default partition of event_enrichments default;

-- The KV stores that have written to this database, so that an emptied, replaced or restored one is
-- noticed (contract 11.10). rows_before is the baseline of reconciliation: rows that the store's counters
-- do not include.
create table kv_stores (
  id uuid primary key, -- also stored in KV
  opened_at timestamptz not null default now(),
  rows_before bigint not null,
  acknowledged_at timestamptz -- null: it was empty although there were rows, which is unexplained until an operator sets this
);

-- API keys (contract 13.1). The keys themselves are stored nowhere; a revoked one stays here, so that its
-- sender can be told, and for the names of the senders of its events (events.actor_id).
create table api_keys (
  id uuid primary key,
  name text not null,
  hash text not null unique, -- SHA-256, hexadecimal
  hint text not null, -- the first and last characters of the key
  scopes text not null, -- separated by spaces
  environment text, -- a label for people
  events_per_second double precision, -- null: RATE_LIMIT_EVENTS_PER_SECOND
  created_at timestamptz not null default now(),
  last_used_at timestamptz, -- up to a minute late
  revoked_at timestamptz
);

-- Creates the partition of a table for the month (UTC) that contains `moment`; returns whether it was
-- missing. Rows of that month in the default partition are moved first, or Postgres could not
-- attach the new one.
create function make_month_partition(parent text, moment timestamptz) returns boolean
language plpgsql as $$
declare
  month_start timestamptz := date_trunc('month', moment at time zone 'UTC') at time zone 'UTC';
  month_end timestamptz :=
    (date_trunc('month', moment at time zone 'UTC') + interval '1 month') at time zone 'UTC';
  child text := format('%s_%s', parent, to_char(moment at time zone 'UTC', 'YYYY_MM'));
begin
  if to_regclass(child) is not null then
    return false;
  end if;
  perform pg_advisory_xact_lock(hashtext('sluice partition ' || child));
  if to_regclass(child) is not null then
    return false;
  end if;
  execute format('lock table %I in share row exclusive mode', parent);
  execute format('create table %I (like %I including defaults including constraints)', child, parent);
  execute format(
    'with moved as (delete from %I where occurred_at >= $1 and occurred_at < $2 returning *)
     insert into %I select * from moved',
    parent || '_default', child
  ) using month_start, month_end;
  execute format(
    'alter table %I attach partition %I for values from (%L) to (%L)',
    parent, child, month_start, month_end
  );
  return true;
end
$$;

-- Creates all partitions that rows can need within the next months; returns how many were missing.
-- Starts two months back: events may be 30 days old, which on 1 March is January.
create function make_partitions(moment timestamptz, months_ahead integer) returns integer
language plpgsql as $$
declare
  made integer := 0;
  parent text;
  month integer;
begin
  foreach parent in array array['events', 'event_enrichments'] loop
    for month in -2..months_ahead loop
      if make_month_partition(parent, moment + make_interval(months => month)) then
        made := made + 1;
      end if;
    end loop;
  end loop;
  return made;
end
$$;

select make_partitions(now(), 3);
