/**
 * What the buffer keeps in PostgreSQL, in the schema `sluice_kv`.
 *
 * Commits take turns under one lock, each by one call of `apply`. So they are serializable, a counter is a
 * plain row, versionstamps grow in the order of commits, and nothing is held over a round trip. What that
 * costs is made up for by larger groups (`POSTGRES_LIMITS`): they share one turn and one sync to disk.
 */

import type { Database, Sql } from "../../store/database.ts";
import { KvFormatError } from "../format_error.ts";

/** The lock of migrations, held by one of any number of processes. */
const MIGRATION_LOCK = 7_283_502;

/** One step a version; a step that was released is never changed. */
const MIGRATIONS: readonly string[] = [
  `
create table sluice_kv.entries (
  key bytea primary key,
  -- One of both: structured clones, with a tag, or the value of a counter.
  value bytea,
  count numeric(20),
  versionstamp bigint not null,
  expires_at timestamptz
) with (
  autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0,
  toast.autovacuum_vacuum_scale_factor = 0.05, toast.autovacuum_vacuum_cost_delay = 0
);
-- Segments are compressed already.
alter table sluice_kv.entries alter column value set storage external;
create index entries_expires_at on sluice_kv.entries (expires_at) where expires_at is not null;

create sequence sluice_kv.versionstamps;

create table sluice_kv.messages (
  id bigint generated always as identity primary key,
  value bytea not null,
  sent_at timestamptz not null default now()
);

-- Returns the versionstamp of the commit, or null where a check failed. Of the entries, whose bytes are all
-- in data, the first have to be absent.
create function sluice_kv.apply(
  checked bytea[], stamps bigint[], removed bytea[], counters bytea[], amounts numeric[], sent bytea[],
  created integer,
  data bytea, starts integer[], key_lengths integer[], lengths integer[], lifetimes bigint[]
) returns bigint language plpgsql
set search_path = pg_catalog, pg_temp
-- Plans are kept, and a table that was empty when they were made is not for long.
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set jit = off
as $function$
declare
  stamp bigint;
  added bigint;
begin
  if current_setting('transaction_isolation') not in ('read committed', 'read uncommitted') then
    raise exception 'default_transaction_isolation must be "read committed" for the role of KV_PATH, got "%"',
      current_setting('transaction_isolation') using errcode = 'invalid_transaction_state';
  end if;
  if current_setting('synchronous_commit') in ('off', 'local', 'remote_write') then
    perform set_config('synchronous_commit', 'on', true);
  end if;
  -- What follows sees all that was committed before, as each statement has a snapshot of its own.
  perform pg_advisory_xact_lock(7283503);
  if cardinality(checked) > 0 and exists (
    select from unnest(checked, stamps) as c (key, stamp)
    left join sluice_kv.entries e on e.key = c.key
    where e.versionstamp is distinct from c.stamp
  ) then
    return null;
  end if;
  stamp := nextval('sluice_kv.versionstamps');
  if created > 0 then
    begin
      -- The index is asked only once: neither by a check nor by a clause for conflicts.
      insert into sluice_kv.entries (key, value, versionstamp, expires_at)
      select substr(data, w.start, w.key_length), substr(data, w.start + w.key_length, w.length), stamp,
        clock_timestamp() + w.lifetime * interval '1 millisecond'
      from unnest(starts[:created], key_lengths[:created], lengths[:created], lifetimes[:created])
        as w (start, key_length, length, lifetime);
    exception when unique_violation then
      return null;
    end;
  end if;
  if cardinality(removed) > 0 then
    delete from sluice_kv.entries e using unnest(removed) as r (key) where e.key = r.key;
  end if;
  if cardinality(starts) > created then
    insert into sluice_kv.entries (key, value, versionstamp, expires_at)
    select substr(data, w.start, w.key_length), substr(data, w.start + w.key_length, w.length), stamp,
      clock_timestamp() + w.lifetime * interval '1 millisecond'
    from unnest(starts[created + 1:], key_lengths[created + 1:], lengths[created + 1:], lifetimes[created + 1:])
      as w (start, key_length, length, lifetime)
    on conflict (key) do update set
      value = excluded.value, count = null,
      versionstamp = excluded.versionstamp, expires_at = excluded.expires_at;
  end if;
  if cardinality(counters) > 0 then
    insert into sluice_kv.entries as e (key, count, versionstamp)
    select a.key, a.amount, stamp from unnest(counters, amounts) as a (key, amount)
    on conflict (key) do update set
      count = mod(e.count + excluded.count, 18446744073709551616), versionstamp = excluded.versionstamp
    where e.count is not null;
    get diagnostics added = row_count;
    if added < cardinality(counters) then
      raise exception 'Cannot add to an entry that is no counter' using errcode = 'datatype_mismatch';
    end if;
  end if;
  if cardinality(sent) > 0 then
    insert into sluice_kv.messages (value) select * from unnest(sent);
    perform pg_notify('sluice_kv', '');
  end if;
  return stamp;
end
$function$;

-- Deletes some entries that have expired; returns how many. Rows that are in use are left for the next call.
create function sluice_kv.expire(most integer) returns bigint language sql
set search_path = pg_catalog, pg_temp
as $function$
  delete from sluice_kv.messages where sent_at < now() - interval '1 minute';
  with expired as (
    select key from sluice_kv.entries where expires_at < now()
    order by expires_at limit most for update skip locked
  ), deleted as (
    delete from sluice_kv.entries e using expired x
    where e.key = x.key and e.expires_at < now() returning 1
  )
  select count(*) from deleted;
$function$;
`,
];

/**
 * Creates the schema, or brings it up to date. Any number of processes may call it at once.
 *
 * @throws {KvFormatError} where a newer version of Sluice did
 */
export async function migrateKv(database: Database): Promise<void> {
  // The role may be allowed to use the schema only.
  if (await database.run(readVersion) === MIGRATIONS.length) return;
  await database.run((sql) =>
    sql.begin(async (transaction) => {
      const tx = transaction as unknown as Sql;
      await tx.unsafe(`select pg_advisory_xact_lock(${MIGRATION_LOCK})`);
      const version = await readVersion(tx);
      if (version === 0) {
        // Not "if not exists", for which the role has to be allowed to create schemas anyhow.
        const schemas = await tx.unsafe("select from pg_namespace where nspname = 'sluice_kv'");
        if (schemas.length === 0) await tx.unsafe("create schema sluice_kv");
        await tx.unsafe("create table sluice_kv.migrations (version integer primary key)");
      }
      for (let next = version; next < MIGRATIONS.length; next++) {
        await tx.unsafe(MIGRATIONS[next] ?? "");
        await tx.unsafe(`insert into sluice_kv.migrations values (${next + 1})`);
      }
    })
  );
}

async function readVersion(sql: Sql): Promise<number> {
  // Not `to_regclass`, which may not see what another process has just committed.
  const tables = await sql.unsafe(
    `select from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'sluice_kv' and c.relname = 'migrations'`,
  );
  if (tables.length === 0) return 0;
  const [row] = await sql.unsafe<{ version: number | null }[]>(
    "select max(version) as version from sluice_kv.migrations",
  );
  const version = row?.version ?? 0;
  if (version <= MIGRATIONS.length) return version;
  throw new KvFormatError(version, MIGRATIONS.length);
}
