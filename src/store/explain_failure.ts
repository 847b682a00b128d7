/** Explains the failures of Postgres that only an operator can end. */

/** A code, or a pattern of the message, and the sentence; the first that matches is used. */
const EXPLANATIONS: readonly (readonly [code: RegExp, message: RegExp, sentence: string])[] = [
  [/^28P01$|^SASL/, /^/, "the password in DATABASE_URL is wrong, or its user does not exist"],
  [
    /^28000$/,
    /pg_hba/,
    "the server does not let the user in from here, or only with TLS (pg_hba.conf, sslmode)",
  ],
  [/^28000$/, /^/, "the user of DATABASE_URL does not exist, or may not sign in"],
  [/^AUTH_TYPE/, /^/, "the server asks for a way to sign in that is not supported"],
  [/^3D000$/, /^/, "the database of DATABASE_URL does not exist"],
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
  [/^25006$/, /^/, "the server does not accept writes"],
  [/^$/, /accepts writes/, "no host of DATABASE_URL accepts writes"],
  [/^ENOTFOUND$/, /^/, "the host of DATABASE_URL has no address"],
  [/^ENOENT$/, /PGSQL/, "the unix socket of DATABASE_URL does not exist"],
  [/^EACCES$/, /PGSQL/, "the unix socket of DATABASE_URL may not be opened"],
  [
    /^/,
    /before secure TLS connection/,
    "the server does not encrypt connections, as DATABASE_URL demands (sslmode)",
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
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  const found = EXPLANATIONS.find(([codes, messages]) =>
    codes.test(code) && messages.test(error.message)
  );
  return found?.[2] ?? null;
}
