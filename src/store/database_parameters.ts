/** The parameters of `DATABASE_URL`: what each one means for a connection. */

import { hasNoEffect, REFUSED } from "./known_parameters.ts";
import { readSearchPath } from "./search_path.ts";
import { readTls, type TlsSettings } from "./tls_settings.ts";

/** What the parameters of a URL ask for. */
export interface DatabaseParameters {
  readonly tls: TlsSettings;
  /** Parameters of the session, sent when a connection is opened. */
  readonly session: Readonly<Record<string, string>>;
  /** `null`: the default. */
  readonly connectTimeoutSeconds: number | null;
  /** Between keepalives; 0: none, `null`: the default. */
  readonly keepAliveSeconds: number | null;
  /** The most connections of one pool; `null`: no limit. */
  readonly connectionLimit: number | null;
  /** Whether a pooler is in between that gives each transaction another connection. */
  readonly isPooled: boolean;
  /** Whether only a server that accepts writes will do. */
  readonly needsWritable: boolean;
  /** Names that are not known, and have no effect. */
  readonly ignored: readonly string[];
}

/** Values of `target_session_attrs`, of JDBC too: whether the server has to accept writes. */
const SESSION_ATTRIBUTES: Readonly<Record<string, boolean>> = {
  any: false,
  master: true,
  preferprimary: true,
  primary: true,
  "read-write": true,
};

/** Values of `replication` that mean an ordinary connection. */
const NO_REPLICATION = new Set(["0", "false", "no", "off"]);

/** Values of `ssl_min_protocol_version` that Deno's own minimum includes. */
const OLD_TLS = new Set(["", "tlsv1", "tlsv1.1", "tlsv1.2"]);

/** Settings of a session that may be given directly; any other one goes into `options`. */
const SESSION_SETTINGS: ReadonlySet<string> = new Set([
  "idle_in_transaction_session_timeout",
  "lock_timeout",
  "options",
  "statement_timeout",
]);

/** Reads the parameters, whose names are in lower case. Returns why not, beginning with “with”. */
export function readParameters(query: ReadonlyMap<string, string>): DatabaseParameters | string {
  const rest = new Map([...query].filter(([name]) => !hasNoEffect(name)));
  if (NO_REPLICATION.has(rest.get("replication") ?? "")) rest.delete("replication");
  const refused = [...rest.keys()].find((name) => name in REFUSED);
  if (refused !== undefined) return `without ${refused}: ${REFUSED[refused]}`;
  const take = (name: string): string | null => {
    const value = rest.get(name) ?? null;
    rest.delete(name);
    return value;
  };
  if (take("gssencmode") === "require") {
    return "without gssencmode=require: connections are encrypted by TLS; use sslmode";
  }
  if (!OLD_TLS.has(take("ssl_min_protocol_version")?.toLowerCase() ?? "")) {
    return "without ssl_min_protocol_version: set it on the server";
  }
  const attributes = take("target_session_attrs")?.toLowerCase() ?? "any";
  if (/standby|read-only|secondary|slave/.test(attributes)) {
    return "without target_session_attrs of a standby: events are written";
  }
  const needsWritable = SESSION_ATTRIBUTES[attributes];
  if (needsWritable === undefined) {
    return "with target_session_attrs one of any, read-write, primary";
  }
  const tls = readTls(take);
  if (typeof tls === "string") return tls;
  const numbers = {
    // Negative: no limit.
    connect_timeout: take("connect_timeout")?.replace(/^-\d+$/, "0") ?? null,
    keepalives: take("keepalives"),
    keepalives_idle: take("keepalives_idle"),
    connection_limit: take("connection_limit"),
  };
  const wrong = Object.entries(numbers).find(([, value]) =>
    value !== null && !/^\d{1,6}$/.test(value)
  );
  if (wrong !== undefined) return `with a whole number as ${wrong[0]}`;
  const [pgbouncer, cacheSize, prepared] = [
    take("pgbouncer"),
    take("statement_cache_size"),
    take("prepared_statements"),
  ];
  const session = readSession(take, rest);
  if (typeof session === "string") return session;
  const idle = numbers.keepalives === "0" ? "0" : numbers.keepalives_idle;
  return {
    tls,
    session,
    connectTimeoutSeconds: Number(numbers.connect_timeout ?? 0) || null,
    keepAliveSeconds: idle === null ? null : Number(idle),
    connectionLimit: Number(numbers.connection_limit ?? 0) || null,
    isPooled: pgbouncer === "true" || cacheSize === "0" || prepared === "false",
    needsWritable,
    ignored: [...rest.keys()],
  };
}

function readSession(
  take: (name: string) => string | null,
  rest: Map<string, string>,
): Record<string, string> | string {
  const session: Record<string, string> = {};
  const [named, fallback] = [take("application_name"), take("fallback_application_name")];
  const application = named ?? fallback;
  if (application !== null) session["application_name"] = application;
  const [schema, searchPath] = [take("schema"), take("search_path")];
  if (schema !== null && searchPath !== null) return "with schema or search_path, not both";
  const path = readSearchPath(schema, searchPath);
  if (path !== null) session["search_path"] = path;
  for (const [name, value] of [...rest]) {
    // A name with a dot is a setting that only policies and functions of the operator know.
    if (!SESSION_SETTINGS.has(name) && !name.includes(".")) continue;
    session[name] = value;
    rest.delete(name);
  }
  return session;
}
