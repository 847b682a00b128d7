/** Opens clients of postgres.js, the driver. */

import postgres from "postgres";
import type { DatabaseHost, DatabaseUrl } from "./database_url.ts";
import { readDriverTls } from "./driver_tls.ts";
import { readTime } from "./read_time.ts";

/** A postgres.js client, or a transaction of one. */
export type Sql = postgres.Sql;

/** Options of a client. */
export interface ClientOptions {
  readonly maxConnections?: number;
  /** Whether statements may be prepared, to be executed again by name; true by default. */
  readonly prepare?: boolean;
  /** Whether idle and old connections are closed; true by default. */
  readonly recycle?: boolean;
  /** How long a statement waits, connecting included: 30 s by default. */
  readonly deadlineMs?: number;
}

/** No server that accepts writes can be reached at the moment. */
export class NoServerError extends Error {
  override readonly name = "NoServerError";
}

const CONNECT_TIMEOUT_SECONDS = 5;
const DEADLINE_MS = 30_000;
/** Of a statement's deadline, for all hosts together: otherwise the last ones would never be asked. */
const CONNECT_SHARE = 5 / 6;
const KEEP_ALIVE_SECONDS = 60;
const TIMESTAMPTZ = 1184;
/** Statements pass times as text, so nothing is serialized. */
const TIME = {
  to: TIMESTAMPTZ,
  from: [TIMESTAMPTZ],
  serialize: String,
  parse: readTime,
};
/** How long a host that will not do may take to close its connection: the next one waits for that. */
const END_SECONDS = 0.1;

/**
 * Opens a client of the first host that accepts writes. Of a single one that is assumed, so that no
 * connection is made before the first statement.
 *
 * @throws the error of the last host if none will do
 */
export async function openClient(url: DatabaseUrl, options: ClientOptions): Promise<Sql> {
  const [only, ...others] = url.hosts;
  if (only !== undefined && others.length === 0 && !url.needsWritable) {
    return connect(only, url, options);
  }
  let problem: unknown = null;
  const seconds = connectSeconds(url, options);
  for (const host of url.hosts) {
    const sql = connect(host, url, options);
    try {
      if (await acceptsWrites(sql, seconds)) return sql;
      problem = new NoServerError("none of the hosts in the URL accepts writes");
    } catch (error) {
      problem = error;
    }
    await sql.end({ timeout: END_SECONDS });
  }
  throw problem;
}

/** With a deadline, as the driver connects for ever to a proxy that closes connections at once. */
async function acceptsWrites(sql: Sql, seconds: number): Promise<boolean> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new NoServerError(`no connection within ${seconds.toFixed(1)} s`)),
    seconds * 1000,
  );
  try {
    const answer = sql.unsafe<{ transaction_read_only: string }[]>("show transaction_read_only");
    const [row] = await Promise.race([answer, promise]);
    return row?.transaction_read_only === "off";
  } finally {
    clearTimeout(timer);
  }
}

/** How long one host may take. */
function connectSeconds(
  { connectTimeoutSeconds, hosts }: DatabaseUrl,
  { deadlineMs = DEADLINE_MS }: ClientOptions,
): number {
  const seconds = connectTimeoutSeconds ?? CONNECT_TIMEOUT_SECONDS;
  return Math.min(seconds, CONNECT_SHARE * deadlineMs / 1000 / hosts.length);
}

/** Reads the files that the URL of a setting names. Returns why they cannot be, or `null`. */
export function findFileProblem({ tls }: DatabaseUrl, setting: string): string | null {
  try {
    readDriverTls(tls, { name: "" });
    return null;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return `${setting} names a file that cannot be read: ${reason}.`;
  }
}

function connect(host: DatabaseHost, url: DatabaseUrl, options: ClientOptions): Sql {
  const { maxConnections = 4, recycle = true, prepare = true } = options;
  const { user, password, database, session } = url;
  const place = "path" in host
    ? { path: host.path, ssl: false }
    : { ...lists(host.address ?? host.name, host.port), ssl: readDriverTls(url.tls, host) };
  // Here, as the driver's types do not have it; `null`, as the environment would have a say.
  const negotiation = { sslnegotiation: url.tls.isDirect ? "direct" : null };
  return postgres({
    ...place,
    ...negotiation,
    ...user === null ? {} : { user },
    ...password === null ? {} : { password },
    ...database === null ? {} : { database },
    max: Math.min(maxConnections, url.connectionLimit ?? maxConnections),
    connect_timeout: connectSeconds(url, options),
    keep_alive: url.keepAliveSeconds ?? KEEP_ALIVE_SECONDS,
    idle_timeout: recycle ? 60 : 0,
    max_lifetime: recycle ? 30 * 60 : 0,
    // The flusher has its own backoff; a second one would only slow recovery down.
    backoff: () => 0.1,
    // The driver queries array types without handling the promise: replacing the pool meanwhile would
    // end the process with an unhandled rejection. No statement here passes arrays.
    fetch_types: false,
    types: { time: TIME },
    prepare: prepare && !url.isPooled,
    // PgBouncer refuses any other parameter than these two.
    connection: {
      application_name: "sluice",
      ...session,
      TimeZone: "UTC", // months and minutes are UTC, whatever the server or role is set to
    },
    onnotice: () => {},
  });
}

/** Lists, which the driver's types do not have: it splits a text at colons, also an IPv6 address. */
function lists(host: string, port: number): { host: string; port: number } {
  const values: unknown = { host: [host], port: [port] };
  return values as { host: string; port: number };
}
