-- Events, their enrichments and sessions, dead letters (contract section 7).

create table events (
  id uuid not null,
  occurred_at timestamptz not null,
  received_at timestamptz not null,
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
  props jsonb,
  attribution jsonb,
  idempotency_key uuid,
  primary key (id, occurred_at)
) partition by range (occurred_at);

create index events_type_time on events (event_type, occurred_at);
create index events_session on events (session_id, occurred_at) where session_id is not null;
create index events_entity on events (entity_type, entity_id, occurred_at) where entity_id is not null;
create index events_user on events (user_id, occurred_at) where user_id is not null;

-- "Once" for as long as the event is kept, longer than KV remembers (contract 5.4). A table of its
-- own, since a unique index on the partitioned table would have to include occurred_at.
create table idempotency_keys (
  idempotency_key uuid primary key,
  event_id uuid not null,
  occurred_at timestamptz not null,
  content_hash text not null
);

create table event_enrichments (
  event_id uuid not null,
  occurred_at timestamptz not null,
  browser text,
  browser_version text,
  os text,
  os_version text,
  device_type text,
  is_bot boolean,
  country text,
  region text,
  city text,
  referrer_host text,
  channel text,
  entity_status text not null default 'unchecked'
    check (entity_status in ('none', 'found', 'missing', 'unchecked')),
  enriched_at timestamptz not null default now(),
  primary key (event_id, occurred_at)
) partition by range (occurred_at);

create table sessions (
  id uuid primary key,
  started_at timestamptz not null,
  last_seen_at timestamptz not null,
  event_count bigint not null default 0,
  entry_url text,
  first_attribution jsonb,
  country text,
  device_type text,
  browser text,
  os text,
  user_id text
);

-- Events that Postgres refuses, for a person to look at and replay (contract 7.3). The payload is text:
-- whatever was refused as jsonb must still fit here.
create table dead_letters (
  event_id uuid primary key,
  event_type text,
  reason text not null,
  sqlstate text,
  payload text not null,
  dead_at timestamptz not null default now(),
  replayed_at timestamptz
);

create view enriched_events as
select
  e.*,
  n.browser, n.browser_version, n.os, n.os_version, n.device_type, n.is_bot,
  n.country, n.region, n.city, n.referrer_host, n.channel, n.entity_status, n.enriched_at
from events e
left join event_enrichments n on n.event_id = e.id and n.occurred_at = e.occurred_at;

-- The last resort: an event that no partition awaits is kept all the same.
create table events_default partition of events default;
create table event_enrichments_default partition of event_enrichments default;

-- Makes the monthly partition (UTC) of a table that holds the moment. Rows that went to the default
-- partition meanwhile move along, as Postgres would otherwise refuse the new one.
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

-- Makes every partition that rows may need within the next months. Events may be 30 days old: on
-- 1 March that is January.
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
