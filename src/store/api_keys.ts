/** API keys, of which only hashes are stored (contract 13.1). */

import type { Sql } from "./database.ts";

/** A key as processes need it. */
export interface StoredApiKey {
  readonly id: string;
  readonly name: string;
  /** SHA-256, hexadecimal. */
  readonly hash: string;
  /** Separated by spaces; may have any other text. */
  readonly scopes: string;
  /** May be any number. */
  readonly events_per_second: number | null;
  readonly is_revoked: boolean;
}

/** A key as people see it. */
export interface ListedApiKey extends Omit<StoredApiKey, "hash"> {
  /** Its first and last characters. */
  readonly hint: string;
  readonly environment: string | null;
  /** Invalid where it is no time of a `Date`, such as `infinity`. */
  readonly created_at: Date;
  readonly last_used_at: Date | null;
  readonly revoked_at: Date | null;
}

/** A new key. */
export interface NewApiKey {
  readonly id: string;
  readonly name: string;
  readonly hash: string;
  readonly hint: string;
  readonly scopes: string;
  readonly environment: string | null;
  readonly eventsPerSecond: number | null;
}

/** Far more than anyone can keep an eye on; of more, the revoked ones are forgotten first. */
const MAX_KEYS = 10_000;
/** Whatever someone writes into the table in SQL, a key stays small. */
const MAX_TEXT = 200;

/** Reads all keys, revoked ones too. */
export async function readApiKeys(sql: Sql): Promise<StoredApiKey[]> {
  return await sql<StoredApiKey[]>`
    select id, left(name, ${MAX_TEXT}::integer) as name, hash, left(scopes, ${MAX_TEXT}::integer) as scopes,
      events_per_second, revoked_at is not null as is_revoked
    from api_keys where hash ~ '^[0-9a-f]{64}$'
    order by revoked_at is not null, created_at desc
    limit ${MAX_KEYS}::integer
  `;
}

/** Lists keys for people: those in use first, the latest first. */
export async function listApiKeys(sql: Sql): Promise<ListedApiKey[]> {
  return await sql<ListedApiKey[]>`
    select id, left(name, ${MAX_TEXT}::integer) as name, left(hint, ${MAX_TEXT}::integer) as hint,
      left(scopes, ${MAX_TEXT}::integer) as scopes, left(environment, ${MAX_TEXT}::integer) as environment,
      events_per_second, revoked_at is not null as is_revoked, created_at, last_used_at, revoked_at
    from api_keys
    order by revoked_at is not null, created_at desc, id
    limit ${MAX_KEYS}::integer
  `;
}

/** Adds a key. */
export async function insertApiKey(sql: Sql, key: NewApiKey): Promise<void> {
  await sql`
    insert into api_keys (id, name, hash, hint, scopes, environment, events_per_second)
    values (
      ${key.id}::uuid, ${key.name}, ${key.hash}, ${key.hint}, ${key.scopes}, ${key.environment}::text,
      ${key.eventsPerSecond}::float8
    )
  `;
}

/** Revokes a key for good. @returns its name, `null` if there is none that is in use */
export async function revokeApiKey(sql: Sql, id: string): Promise<string | null> {
  const [row] = await sql<{ name: string }[]>`
    update api_keys set revoked_at = now() where id = ${id}::uuid and revoked_at is null
    returning left(name, ${MAX_TEXT}::integer) as name
  `;
  return row?.name ?? null;
}

/** When a key was last used. */
export interface KeyUse {
  readonly id: string;
  /** ISO 8601. */
  readonly at: string;
}

/** Notes when keys were last used. */
export async function touchApiKeys(sql: Sql, uses: readonly KeyUse[]): Promise<void> {
  await sql`
    update api_keys set last_used_at = greatest(last_used_at, used.at)
    from jsonb_to_recordset(${JSON.stringify(uses)}::text::jsonb) as used (id uuid, at timestamptz)
    where api_keys.id = used.id
  `;
}
