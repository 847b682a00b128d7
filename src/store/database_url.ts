/**
 * Reads `DATABASE_URL`, as providers print it and `libpq` reads it. The driver would send every parameter
 * that it does not know to Postgres, which refuses the connection for it.
 */

import { DatabaseUrlError, splitConnectionString } from "./connection_string.ts";
import { type DatabaseHost, readHosts, socketPath } from "./database_hosts.ts";
import { type DatabaseParameters, readParameters } from "./database_parameters.ts";
import { hasNoEffect } from "./known_parameters.ts";

export { type DatabaseHost, DatabaseUrlError };

/** A URL in parts. */
export interface DatabaseUrl extends DatabaseParameters {
  /** At least one. */
  readonly hosts: readonly DatabaseHost[];
  readonly user: string | null;
  readonly password: string | null;
  /** `null`: that of the user's name. */
  readonly database: string | null;
}

/**
 * Reads a URL. No file is read.
 *
 * @throws {DatabaseUrlError} if it is none, or asks for what cannot be done
 */
export function parseDatabaseUrl(text: string): DatabaseUrl {
  const { authority, parameters, contradictory, ...parts } = splitConnectionString(text);
  const query = new Map(parameters);
  const take = (name: string): string | null => {
    const value = query.get(name) ?? null;
    query.delete(name);
    return value;
  };
  const socket = take("unix_sock");
  const lists = {
    authority,
    host: take("host"),
    port: take("port"),
    hostaddr: take("hostaddr"),
  };
  const hosts = socket === null ? readHosts(lists) : [{ path: socketPath(socket) }];
  const account = {
    user: take("user") ?? (parts.user || null),
    password: take("password") ?? (parts.password || null),
    database: take("dbname") ?? (parts.database || null),
  };
  const read = readParameters(query);
  if (typeof read === "string") throw new DatabaseUrlError(`a URL ${read}`);
  // The last one would win in `libpq`, even if it weakens the first, which may be meant for safety.
  const twice = [...contradictory].find((name) =>
    !hasNoEffect(name) && !read.ignored.includes(name)
  );
  if (twice !== undefined) {
    throw new DatabaseUrlError(`a URL with one ${twice}, as it is given with different values`);
  }
  return { hosts, ...account, ...read };
}
