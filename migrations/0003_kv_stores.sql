-- The KV stores that have written to this database, so that an emptied, replaced or restored one is
-- noticed (contract 11.10). rows_before is the baseline of reconciliation: rows that the store's counters
-- do not include.

create table kv_stores (
  id uuid primary key, -- the store has it, too
  opened_at timestamptz not null default now(),
  rows_before bigint not null,
  acknowledged_at timestamptz -- null: it was empty although there were rows, and nobody has said why
);
