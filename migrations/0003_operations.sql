-- What admins look at: when events became rows, and counts by the minute for plots.

-- Null for events that were stored before there was this column.
alter table events add column stored_at timestamptz;
alter table events alter column stored_at set default now();

drop view enriched_events;
create view enriched_events as
select
  e.*,
  n.browser, n.browser_version, n.os, n.os_version, n.device_type, n.is_bot, n.bot_reason,
  n.country, n.region, n.city, n.referrer_host, n.channel,
  n.utm_source, n.utm_medium, n.utm_campaign, n.utm_term, n.utm_content, n.click_id,
  n.entity_status, n.enriched_at
from events e
left join event_enrichments n on n.event_id = e.id and n.occurred_at = e.occurred_at;

-- Kept by the transaction that inserts the enrichments, from the rows it really inserted.
create table enrichment_counts (
  dimension text not null check (dimension in ('channel', 'device', 'country')),
  minute timestamptz not null,
  value text not null, -- '' where it is not known
  events bigint not null,
  primary key (dimension, minute, value)
);
lock table event_enrichments in share row exclusive mode; -- no row may slip in between count and code
insert into enrichment_counts (dimension, minute, value, events)
select dimension, date_trunc('minute', occurred_at), coalesce(value, ''), count(*)
from event_enrichments, lateral (
  values ('channel', channel), ('device', device_type), ('country', country)
) as facts (dimension, value)
group by 1, 2, 3;

-- What becomes of events that are no rows, and how long flushes take; for plots, not for the books.
create table pipeline_counts (
  measure text not null check (measure in ('duplicates', 'rejected', 'flush')),
  minute timestamptz not null,
  label text not null, -- of a flush, the upper bound of its duration in milliseconds
  count bigint not null,
  primary key (measure, minute, label)
);

alter table dead_letters
  -- Where it was refused. An event that only its enrichment was refused for is a row already.
  add column step text not null default 'flush' check (step in ('flush', 'enrichment'));
update dead_letters set step = 'enrichment' where reason like 'enrichment: %';
create index dead_letters_order on dead_letters (dead_at, event_id);
