/** Forward-only migrations from SQL files. */

import { acceptsTransactions } from "./accepts_transactions.ts";
import { checkServer } from "./check_server.ts";
import type { Database, Sql } from "./database.ts";
import { MigrationError } from "./migration_error.ts";

/** A migration file. */
export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
  /** The oldest version whose code works on the database after this migration; `null`: none. */
  readonly worksWith?: number | null;
}

const WORKS_WITH = /^-- works with (\d{4})$/m;
const FILE_NAME = /^(\d{4})_[a-z0-9_]+\.sql$/;
// Arbitrary, but the same for every process and version.
const LOCK = 7_283_501;
const DEADLINE_MS = 10 * 60_000;

/** Reads the migrations of a folder, in order of version. */
export async function readMigrations(folder: URL): Promise<Migration[]> {
  const migrations: Migration[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    const version = FILE_NAME.exec(name)?.[1];
    if (version === undefined) continue;
    const sql = await Deno.readTextFile(new URL(name, folder));
    const oldest = WORKS_WITH.exec(sql)?.[1];
    const worksWith = oldest === undefined ? null : Number(oldest);
    migrations.push({ version: Number(version), name, sql, worksWith });
  }
  return migrations.sort((a, b) => a.version - b.version);
}

/**
 * Applies the missing migrations in one transaction, under a lock: several processes may call it at
 * once. Returns the names of those it applied.
 *
 * @throws {MigrationError} if a newer version has migrated the database, unless that works with this one
 */
export async function migrate(
  database: Database,
  migrations: readonly Migration[],
): Promise<string[]> {
  await database.run(checkServer);
  if (!await acceptsTransactions(database)) throw new Error("the pooler is in statement mode");
  return await database.run((sql) =>
    sql.begin(async (tx) => {
      await tx`select pg_advisory_xact_lock(${LOCK}::bigint)`;
      await tx`
        create table if not exists schema_migrations (
          version integer primary key,
          name text not null,
          applied_at timestamptz not null default now()
        )
      `;
      const applied = new Set(await readApplied(tx as unknown as Sql, migrations));
      const missing = migrations.filter(({ name }) => !applied.has(name));
      if (missing.length > 0) {
        await tx`alter table schema_migrations add column if not exists works_with integer`;
      }
      for (const { version, name, sql: text, worksWith = null } of missing) {
        await tx.unsafe(text);
        await tx`
          insert into schema_migrations (version, name, works_with)
          values (${version}, ${name}, ${worksWith})
        `;
      }
      return missing.map(({ name }) => name);
    }), DEADLINE_MS);
}

/**
 * Reads the names of the applied migrations.
 *
 * @throws {MigrationError} if one of them is not in the list, unless it works with the newest that is
 */
export async function readApplied(sql: Sql, migrations: readonly Migration[]): Promise<string[]> {
  // As JSON, because the column may not be there yet.
  const rows = await sql<{ name: string; works_with: number | null }[]>`
    select name, (to_jsonb(m) ->> 'works_with')::integer as works_with
    from schema_migrations m order by version
  `;
  const known = new Set(migrations.map(({ name }) => name));
  const newest = Math.max(0, ...migrations.map(({ version }) => version));
  const unknown = rows.find(({ name, works_with: worksWith }) =>
    !known.has(name) && (worksWith === null || worksWith > newest)
  );
  if (unknown !== undefined) {
    throw new MigrationError(
      `the database has the migration ${unknown.name}, which this version of Sluice does not have: ` +
        "run the version that applied it, or a newer one",
    );
  }
  return rows.map(({ name }) => name);
}
