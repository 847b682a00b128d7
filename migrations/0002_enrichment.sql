-- Enrichment whole: bots, campaigns, what to enrich again from, visits, entities, counts.

alter table event_enrichments
  add column bot_reason text,
  add column utm_source text,
  add column utm_medium text,
  add column utm_campaign text,
  add column utm_term text,
  add column utm_content text,
  add column click_id text,
  -- What of the request may be kept, so that the event can be enriched again: never the IP address,
  -- only the network that it lies in.
  add column context jsonb,
  add column network cidr,
  add column version integer not null default 0;

alter table sessions
  -- When the first touch and the entry page were, so that late arrivals find their place.
  add column first_attribution_at timestamptz,
  add column entry_at timestamptz,
  -- Whose browser, device and country a session shows: its first person's, else its first bot's.
  add column visitor_is_bot boolean,
  add column visitor_at timestamptz,
  add column user_at timestamptz,
  add column visits integer not null default 1;

-- A visit ends after 30 minutes without an event, and after 24 hours.
create table session_visits (
  session_id uuid not null,
  visit integer not null,
  started_at timestamptz not null,
  last_seen_at timestamptz not null,
  event_count bigint not null,
  primary key (session_id, visit)
);

-- Kept by the statement that inserts the events, from the rows it really inserted.
create table event_counts (
  minute timestamptz not null,
  event_type text not null,
  source text not null,
  events bigint not null,
  primary key (minute, event_type, source)
);
lock table events in share row exclusive mode; -- no row may slip in between count and code
insert into event_counts (minute, event_type, source, events)
select date_trunc('minute', occurred_at), event_type, source, count(*) from events group by 1, 2, 3;

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
