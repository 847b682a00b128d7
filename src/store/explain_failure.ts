/** Explains the failures of Postgres that only an operator can end. */

import { MigrationError } from "./migration_error.ts";

const PASSWORD = "the password in DATABASE_URL is wrong, or its user does not exist";

/** A code, or a pattern of the message, and the sentence; the first that matches is used. */
const EXPLANATIONS: readonly (readonly [code: RegExp, message: RegExp, sentence: string])[] = [
  [/^28P01$|^SASL/, /^/, PASSWORD],
  // Poolers say everything by one code.
  [/^08P01$/, /authentication failed|^no such user/i, PASSWORD],
  [
    /^XX000$/,
    /tenant or user not found/i,
    "the user of DATABASE_URL does not exist; through a pooler its name may need that of the project",
  ],
  [
    /^28000$/,
    /pg_hba/,
    "the server does not let the user in from here, or only with TLS (pg_hba.conf, sslmode)",
  ],
  [/^28000$/, /client certificate/, "the server asks for a client certificate (sslcert, sslkey)"],
  [/^28000$/, /^/, "the user of DATABASE_URL does not exist, or may not sign in"],
  [/^AUTH_TYPE/, /^/, "the server asks for a way to sign in that is not supported"],
  [/^3D000$/, /^/, "the database of DATABASE_URL does not exist"],
  [
    /^08P01$/,
    /^no such database|^database .* does not exist/,
    "the database of DATABASE_URL does not exist",
  ],
  [/^55000$/, /not .*accepting connections/, "the database of DATABASE_URL takes no connections"],
  [/^3F000$/, /^/, "the schema of DATABASE_URL does not exist"],
  [
    /^42501$/,
    /schema/,
    "the role may not use the schema, or not create tables in it: grant it usage and create, " +
    'or run "deno task migrate" as the owner',
  ],
  [/^42501$/, /^/, "the role lacks a privilege on a table or function"],
  [/^42P01$|^42883$|^42703$/, /^/, "a table, column or function of Sluice is missing"],
  [
    /^42704$|^22023$|^08P01$/,
    /parameter/,
    "the server or its pooler does not accept a parameter of DATABASE_URL",
  ],
  [
    /^$/,
    /is in statement mode/,
    "the pooler is in statement mode, in which nothing works: use transaction or session mode",
  ],
  [/^$/, /older than PostgreSQL 15/, "the server is older than PostgreSQL 15"],
  [
    /^$/,
    /is not in UTF-8/,
    "the database is not in UTF-8: create another one with encoding 'UTF8'",
  ],
  [/^25006$/, /^/, "the server does not accept writes"],
  [/^$/, /accepts writes/, "no host of DATABASE_URL accepts writes"],
  [/^ENOTFOUND$/, /^/, "the host of DATABASE_URL has no address"],
  [
    /^(ENETUNREACH|EHOSTUNREACH|EADDRNOTAVAIL)$/,
    /:[\da-f]*:/i,
    "the host of DATABASE_URL has an IPv6 address, which cannot be reached from here",
  ],
  [
    /^08P01$/,
    /^Endpoint ID/i,
    "the host of DATABASE_URL is not known by its address: use its name, and TLS (sslmode)",
  ],
  [/^$/, /^DATABASE_URL is not set/, "DATABASE_URL is not set in the context of this timeline"],
  [/^ENOENT$/, /PGSQL/, "the unix socket of DATABASE_URL does not exist"],
  [/^EACCES$/, /PGSQL/, "the unix socket of DATABASE_URL may not be opened"],
  [
    /^/,
    /before secure TLS connection|InvalidContentType/,
    "the server does not encrypt connections, as DATABASE_URL demands (sslmode)",
  ],
  [
    /^ERR_SSL/,
    /fatal alert: (UnknownCA|\w*Certificate\w*|AccessDenied)/,
    "the server does not accept the client certificate of DATABASE_URL (sslcert)",
  ],
  [
    /^ERR_SSL_UNSUPPORTED_PROTOCOL$/,
    /^/,
    "the server's version of TLS is not supported, or sslkey is not the key of sslcert",
  ],
  [
    /^ERR_TLS_CERT|CERT|SIGNATURE$/,
    /certificate|altname/i,
    "the server's certificate is not trusted, or names another host (sslmode, sslrootcert)",
  ],
  [
    /^/,
    /invalid peer certificate/, // Deno 2.5
    "the server's certificate is not trusted, or names another host (sslmode, sslrootcert)",
  ],
];

/**
 * The sentence for the operator, without hosts, users and a full stop; `null` for failures that pass by
 * themselves.
 */
export function explainFailure(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  if (error instanceof MigrationError) return error.message;
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  const found = EXPLANATIONS.find(([codes, messages]) =>
    codes.test(code) && messages.test(error.message)
  );
  return found?.[2] ?? null;
}
