/** The parameters of `DATABASE_URL`: what each one means for a connection. */

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

/** What has no effect here, and why leaving it out does no harm. */
const HARMLESS: Readonly<Record<string, string>> = {
  channel_binding: "the driver has none; Neon adds it to every URL, and TLS protects the password",
  charset: "text is always sent as UTF-8",
  client_encoding: "text is always sent as UTF-8",
  encoding: "text is always sent as UTF-8",
  gssdelegation: "only for Kerberos, which is not used",
  gsslib: "only for Kerberos, which is not used",
  krbsrvname: "only for Kerberos, which is not used",
  keepalives_count: "the system's number of keepalives is as good",
  keepalives_interval: "the system's interval is as good",
  load_balance_hosts: "hosts are tried in their order",
  max_protocol_version: "the driver uses the one that every server knows",
  min_protocol_version: "the driver uses the one that every server knows",
  pool_timeout: "a statement has a deadline of its own",
  socket_timeout: "a statement has a deadline of its own",
  sslcompression: "TLS without compression is the safer one",
  sslsni: "the server's name is always sent",
  ssl_max_protocol_version: "the newest version that both know is used",
  tcp_user_timeout: "a statement has a deadline of its own",
  timezone: "the session is in UTC, by which months and minutes are counted",
  uselibpqcompat: "sslmode always means what it means in libpq",
};

/** What cannot be honoured, and what to do instead. */
const REFUSED: Readonly<Record<string, string>> = {
  passfile: "put the password into the URL",
  requirepeer: "the owner of a socket is not checked",
  require_auth: "the server chooses how to sign in; use sslmode=verify-full",
  replication: "events are written over ordinary connections",
  service: "put the connection into the URL",
  servicefile: "put the connection into the URL",
  sslcrl: "revoked certificates are not checked",
  sslcrldir: "revoked certificates are not checked",
  sslidentity: "use sslcert and sslkey, in PEM",
  sslpassword: "use a key that is not encrypted",
};

/** Values of `ssl_min_protocol_version` that Deno's own minimum includes. */
const OLD_TLS = new Set(["", "tlsv1", "tlsv1.1", "tlsv1.2"]);

/** Settings of a session that may be given directly; any other one goes into `options`. */
const SESSION_SETTINGS: ReadonlySet<string> = new Set([
  "idle_in_transaction_session_timeout",
  "lock_timeout",
  "options",
  "search_path",
  "statement_timeout",
]);

/** Reads the parameters, whose names are in lower case. Returns why not, beginning with “with”. */
export function readParameters(query: ReadonlyMap<string, string>): DatabaseParameters | string {
  const rest = new Map([...query].filter(([name, value]) => value !== "" && !(name in HARMLESS)));
  const refused = [...rest.keys()].find((name) => name in REFUSED);
  if (refused !== undefined) return `without ${refused}: ${REFUSED[refused]}`;
  const take = (...names: readonly string[]): string | null => {
    let taken: string | null = null;
    for (const name of names) {
      taken ??= rest.get(name) ?? null;
      rest.delete(name);
    }
    return taken;
  };
  if (take("gssencmode") === "require") {
    return "without gssencmode=require: connections are encrypted by TLS; use sslmode";
  }
  if (!OLD_TLS.has(take("ssl_min_protocol_version")?.toLowerCase() ?? "")) {
    return "without ssl_min_protocol_version: set it on the server";
  }
  const attributes = take("target_session_attrs", "targetservertype") ?? "";
  if (["read-only", "standby", "prefer-standby", "secondary"].includes(attributes)) {
    return "without target_session_attrs of a standby: events are written";
  }
  const tls = readTls(take);
  if (typeof tls === "string") return tls;
  const numbers = {
    connect_timeout: take("connect_timeout"),
    keepalives: take("keepalives"),
    keepalives_idle: take("keepalives_idle"),
    connection_limit: take("connection_limit"),
  };
  const wrong = Object.entries(numbers).find(([, value]) =>
    value !== null && !/^\d{1,6}$/.test(value)
  );
  if (wrong !== undefined) return `with a whole number as ${wrong[0]}`;
  const isPooled = take("pgbouncer") === "true" || take("statement_cache_size") === "0" ||
    take("prepared_statements") === "false";
  take("pgbouncer", "statement_cache_size", "prepared_statements");
  const session = readSession(take, rest);
  const idle = numbers.keepalives === "0" ? "0" : numbers.keepalives_idle;
  return {
    tls,
    session,
    connectTimeoutSeconds: Number(numbers.connect_timeout ?? 0) || null,
    keepAliveSeconds: idle === null ? null : Number(idle),
    connectionLimit: Number(numbers.connection_limit ?? 0) || null,
    isPooled,
    needsWritable: attributes !== "" && attributes !== "any",
    ignored: [...rest.keys()],
  };
}

function readSession(
  take: (...names: readonly string[]) => string | null,
  rest: Map<string, string>,
): Record<string, string> {
  const session: Record<string, string> = {};
  const application = take("application_name", "applicationname") ??
    take("fallback_application_name");
  take("fallback_application_name");
  if (application !== null) session["application_name"] = application;
  // `public` is where a session looks anyway, and poolers refuse to be told.
  const schema = take("schema", "currentschema");
  if (schema !== null && schema !== "public") {
    session["search_path"] = `"${schema.replaceAll('"', '""')}"`;
  }
  for (const [name, value] of [...rest]) {
    // A name with a dot is a setting that only policies and functions of the operator know.
    if (!SESSION_SETTINGS.has(name) && !name.includes(".")) continue;
    session[name] = value;
    rest.delete(name);
  }
  return session;
}
