/** Takes `DATABASE_URL` apart: a URL, or `keyword=value` pairs, both as `libpq` writes them. */

/** A connection string that cannot be used. The message completes “it must be …” and names no secret. */
export class DatabaseUrlError extends Error {
  override readonly name = "DatabaseUrlError";
}

/** What a connection string must be, in general. */
export const EXPECTED =
  "a URL like postgres://user:password@host:5432/database, with special characters percent-encoded";

/** The parts of a connection string; those that are missing are empty. */
export interface ConnectionString {
  readonly user: string;
  readonly password: string;
  /** Hosts and ports, still encoded. */
  readonly authority: string;
  readonly database: string;
  /** By name, in lower case. Empty values are left out. */
  readonly parameters: ReadonlyMap<string, string>;
  /** Parameters that are given with different values. */
  readonly contradictory: ReadonlySet<string>;
}

// Not `URL`: it takes neither several hosts nor none, which unix sockets are written with. The user's
// part ends at the last `@`, as passwords contain them. JDBC has a prefix, SQLAlchemy names its driver.
const SYNTAX =
  /^(?:jdbc:)?postgres(?:ql)?(?:\+\w+)?:\/\/(?:([^/?#\s]*)@)?([^/?#\s]*)(?:\/([^/?#\s]*))?(?:\?([^#\r\n]*))?$/i;
const PAIR = /\s*(\w+)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|((?:[^\s'\\]|\\.)*))(?=\s|$)/gy;
/** Around a value in a file that a shell would read, and Docker does not. */
const QUOTED = /^(["'`])(.*)\1$/s;

/** Names of other drivers for parameters of `libpq`, or of this list. */
const ALIASES: Readonly<Record<string, string>> = {
  applicationname: "application_name",
  currentschema: "search_path",
  socket: "unix_sock",
  targetservertype: "target_session_attrs",
};

/** Whether a text is meant as the URL of a PostgreSQL server, whatever else it is. */
export function isPostgresUrl(text: string): boolean {
  return /^\s*["'`]?\s*(?:jdbc:)?postgres(?:ql)?(?:\+\w+)?:/i.test(text);
}

/** What may contain an unencoded `@`; elsewhere it is from a password with a `?` in it. */
const MAY_CONTAIN_AT =
  /^(user|password|dbname|host|options|.*application_name|ssl(root)?cert|sslkey)$/;

/**
 * Takes a connection string apart.
 *
 * @throws {DatabaseUrlError} if it is none
 */
export function splitConnectionString(text: string): ConnectionString {
  const trimmed = text.trim();
  const bare = (QUOTED.exec(trimmed)?.[2] ?? trimmed).trim();
  if (/^prisma(\+postgres)?:/i.test(bare)) {
    throw new DatabaseUrlError("a URL of the database itself, not one of Prisma Accelerate");
  }
  if (/^\w+\s*=/.test(bare)) return splitPairs(bare);
  const match = SYNTAX.exec(bare);
  // An `@` behind the host is from a password with a `/` or `?` in it.
  if (match === null || match[3]?.includes("@")) throw new DatabaseUrlError(EXPECTED);
  const [, credentials = "", authority = "", path = "", search = ""] = match;
  const colon = credentials.indexOf(":");
  return {
    user: decode(colon < 0 ? credentials : credentials.slice(0, colon)),
    password: decode(colon < 0 ? "" : credentials.slice(colon + 1)),
    authority,
    database: decode(path),
    ...collect(readQuery(search)),
  };
}

/** A `+` stays what it is, as in `libpq`. */
function readQuery(search: string): [name: string, value: string][] {
  return search.split("&").filter((part) => part !== "").map((part) => {
    const [encoded = "", ...rest] = part.split("=");
    const [name, value] = [decode(encoded).toLowerCase(), rest.join("=")];
    if (!/^[\w.-]+$/.test(name) || (value.includes("@") && !MAY_CONTAIN_AT.test(name))) {
      throw new DatabaseUrlError(EXPECTED);
    }
    return [name, decode(value)];
  });
}

function splitPairs(text: string): ConnectionString {
  const pairs: [name: string, value: string][] = [];
  let end = 0;
  for (const [pair, name = "", quoted, plain = ""] of text.matchAll(PAIR)) {
    pairs.push([name.toLowerCase(), (quoted ?? plain).replaceAll(/\\(.)/gs, "$1")]);
    end += pair.length;
  }
  if (end !== text.length) throw new DatabaseUrlError(EXPECTED);
  return { user: "", password: "", authority: "", database: "", ...collect(pairs) };
}

function collect(
  pairs: readonly (readonly [name: string, value: string])[],
): Pick<ConnectionString, "parameters" | "contradictory"> {
  const parameters = new Map<string, string>();
  const contradictory = new Set<string>();
  for (const [written, value] of pairs) {
    const name = ALIASES[written] ?? written;
    if (value === "") continue;
    if ((parameters.get(name) ?? value) !== value) contradictory.add(name);
    parameters.set(name, value);
  }
  return { parameters, contradictory };
}

/**
 * Decodes percent-encoding.
 *
 * @throws {DatabaseUrlError} if it is invalid
 */
export function decode(text: string): string {
  try {
    const decoded = decodeURIComponent(text);
    // It would end the value that is sent, and begin another one.
    if (!decoded.includes("\0")) return decoded;
  } catch {
    // It is not UTF-8, or a `%` of a password.
  }
  throw new DatabaseUrlError(EXPECTED);
}
