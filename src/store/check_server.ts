/** Checks that a server and its database will do, before anything is created in it. */

import type { Sql } from "./driver.ts";

/** What a server says about itself. */
export interface ServerFacts {
  /** Such as 150004 for 15.4. */
  readonly version: number;
  /** Of the database. */
  readonly encoding: string;
}

const MIN_VERSION = 150_000;

/** Reads the facts, and throws if one of them will not do. */
export async function checkServer(sql: Sql): Promise<void> {
  const [facts] = await sql<[ServerFacts]>`
    select
      current_setting('server_version_num')::integer as version,
      current_setting('server_encoding') as encoding
  `;
  const problem = findServerProblem(facts);
  if (problem !== null) throw new Error(problem);
}

/**
 * Returns why a server will not do, or `null`. Other encodings have no room for most characters, and
 * where there is none (SQL_ASCII) a character has the length of its bytes: events would be rejected.
 */
export function findServerProblem({ version, encoding }: ServerFacts): string | null {
  if (version < MIN_VERSION) {
    const written = `${Math.floor(version / 10_000)}.${version % 10_000}`;
    return `the server is older than PostgreSQL 15: ${written}`;
  }
  return encoding === "UTF8" ? null : `the database is not in UTF-8: ${encoding}`;
}
