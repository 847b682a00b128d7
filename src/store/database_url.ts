/**
 * Reads `DATABASE_URL`, as providers print it and `libpq` reads it. The driver would send every parameter
 * that it does not know to Postgres, which refuses the connection for it.
 */

import { type DatabaseParameters, readParameters } from "./database_parameters.ts";

/** A URL that cannot be used. The message completes “it must be …” and names no secret. */
export class DatabaseUrlError extends Error {
  override readonly name = "DatabaseUrlError";
}

/** Where a server listens. */
export type DatabaseHost =
  | { readonly name: string; readonly port: number }
  /** The path of a unix socket. */
  | { readonly path: string };

/** A URL in parts. */
export interface DatabaseUrl extends DatabaseParameters {
  /** At least one. */
  readonly hosts: readonly DatabaseHost[];
  readonly user: string | null;
  readonly password: string | null;
  /** `null`: that of the user's name. */
  readonly database: string | null;
}

const EXPECTED =
  "a URL like postgres://user:password@host:5432/database, with special characters percent-encoded";

// Not `URL`: it takes neither several hosts nor none, which unix sockets are written with. The user's
// part ends at the last `@`, as passwords contain them.
const SYNTAX =
  /^postgres(?:ql)?:\/\/(?:([^/?#\s]*)@)?([^/?#\s]*)(?:\/([^/?#\s]*))?(?:\?([^#\s]*))?$/i;
const DEFAULT_PORT = 5432;

/**
 * Reads a URL. No file is read.
 *
 * @throws {DatabaseUrlError} if it is none, or asks for what cannot be done
 */
export function parseDatabaseUrl(text: string): DatabaseUrl {
  const match = SYNTAX.exec(text.trim());
  // An `@` behind the host is from a password with a `/` or `?` in it.
  if (match === null || match[3]?.includes("@")) throw new DatabaseUrlError(EXPECTED);
  const [, credentials = "", authority = "", path = "", search = ""] = match;
  const query = readQuery(search);
  const take = (name: string): string | null => {
    const value = query.get(name);
    query.delete(name);
    return value === undefined || value === "" ? null : value;
  };
  const colon = credentials.indexOf(":");
  const user = colon < 0 ? credentials : credentials.slice(0, colon);
  const password = colon < 0 ? "" : credentials.slice(colon + 1);
  const places = { authority, host: take("host") ?? take("hostaddr"), port: take("port") };
  const socket = take("unix_sock") ?? take("socket");
  return {
    hosts: socket === null ? readHosts(places) : [{ path: socket }],
    user: take("user") ?? (decode(user) || null),
    password: take("password") ?? (decode(password) || null),
    database: take("dbname") ?? (decode(path) || null),
    ...refuseParameters(query),
  };
}

/** Names in lower case; `+` stays what it is, as in `libpq`. */
function readQuery(search: string): Map<string, string> {
  const parameters = new Map<string, string>();
  for (const part of search.split("&").filter((part) => part !== "")) {
    const [name = "", ...value] = part.split("=");
    parameters.set(decode(name).toLowerCase(), decode(value.join("=")));
  }
  return parameters;
}

function refuseParameters(query: ReadonlyMap<string, string>): DatabaseParameters {
  const parameters = readParameters(query);
  if (typeof parameters === "string") throw new DatabaseUrlError(`a URL ${parameters}`);
  return parameters;
}

/** Hosts of the authority, or of the parameters `host` and `port`, which take precedence. */
function readHosts(
  places: {
    readonly authority: string;
    readonly host: string | null;
    readonly port: string | null;
  },
): DatabaseHost[] {
  const written = places.authority === "" ? [] : places.authority.split(",").map(splitHost);
  const names = places.host?.split(",") ?? written.map(({ name }) => name);
  const ports = places.port?.split(",") ?? written.map(({ port }) => port);
  if (names.length === 0) throw new DatabaseUrlError(EXPECTED);
  if (ports.length > 1 && ports.length !== names.length) {
    throw new DatabaseUrlError("a URL with one port, or one for each host");
  }
  return names.map((name, i) => {
    const port = readPort(ports[i] ?? ports[0] ?? "");
    if (name === "") throw new DatabaseUrlError(EXPECTED);
    return name.startsWith("/") ? { path: `${name}/.s.PGSQL.${port}` } : { name, port };
  });
}

function splitHost(text: string): { name: string; port: string } {
  const [, ipv6, name = "", port = ""] = /^(?:\[([^\]]*)\]|([^:]*))(?::(.*))?$/.exec(text) ?? [];
  return { name: decode(ipv6 ?? name), port };
}

function readPort(text: string): number {
  const port = text === "" ? DEFAULT_PORT : Number(text);
  if (!/^\d*$/.test(text) || port < 1 || port > 65_535) {
    throw new DatabaseUrlError(
      "a URL with a port from 1 to 65535, and special characters percent-encoded",
    );
  }
  return port;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new DatabaseUrlError(EXPECTED);
  }
}
