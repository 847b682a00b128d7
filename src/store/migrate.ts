/** Forward-only migrations, from files. */

import type { Database } from "./database.ts";

/** One migration. */
export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
}

/** A migration that cannot be applied, with a sentence for the operator. */
export class MigrationError extends Error {
  override readonly name = "MigrationError";
}

const FILE_NAME = /^(\d{4})_[a-z0-9_]+\.sql$/;
// Any number will do, as long as every process takes the same.
const LOCK = 7_283_501;
const DEADLINE_MS = 10 * 60_000;

/** Reads the migrations of a folder in order of their numbers. */
export async function readMigrations(folder: URL): Promise<Migration[]> {
  const migrations: Migration[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    const version = FILE_NAME.exec(name)?.[1];
    if (version === undefined) continue;
    const sql = await Deno.readTextFile(new URL(name, folder));
    migrations.push({ version: Number(version), name, sql });
  }
  return migrations.sort((a, b) => a.version - b.version);
}

/**
 * Applies what is missing, in one transaction and under one lock: several machines may call it at
 * once. Returns the names of the migrations it applied.
 *
 * @throws {MigrationError} where the database is newer than this code
 */
export async function migrate(
  database: Database,
  migrations: readonly Migration[],
): Promise<string[]> {
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
      const rows = await tx<{ version: number; name: string }[]>`
        select version, name from schema_migrations
      `;
      const applied = new Set(rows.map(({ version }) => version));
      const newest = migrations.at(-1)?.version ?? 0;
      const unknown = rows.find(({ version }) => version > newest);
      if (unknown !== undefined) {
        throw new MigrationError(
          `Cannot migrate: the database has ${unknown.name}, which this version does not know. Deploy the newer version.`,
        );
      }
      const missing = migrations.filter(({ version }) => !applied.has(version));
      for (const { version, name, sql: text } of missing) {
        await tx.unsafe(text);
        await tx`insert into schema_migrations (version, name) values (${version}, ${name})`;
      }
      return missing.map(({ name }) => name);
    }), DEADLINE_MS);
}
