create table analytics_events (
  id uuid primary key,
  occurred_at timestamptz not null,
  event_type varchar(100) not null,
  source text not null,
  entity_type text,
  entity_id text,
  session_id uuid,
  props jsonb,
  attribution jsonb,
  idempotency_key uuid unique,
  ip text,
  user_agent text
);
create index on analytics_events (event_type, occurred_at);
create index on analytics_events (session_id) where session_id is not null;
