/** How connections to Postgres are encrypted: the modes of `libpq`, and the driver's option for each. */

/** Whom a connection may be with. */
export type TlsMode =
  /** Not encrypted. */
  | "disable"
  /** Encrypted if the server can be, without verifying who it is. */
  | "prefer"
  /** Encrypted, without verifying who the server is. */
  | "require"
  /** Encrypted, with a server that has a certificate of the authority. */
  | "verify-ca"
  /** The same, and the certificate names the host. */
  | "verify-full";

/** The mode, and the paths of PEM files. */
export interface TlsSettings {
  readonly mode: TlsMode;
  /** The authority; `null`: those that Deno trusts. */
  readonly rootCertificate: string | null;
  /** What the service proves its own identity with. */
  readonly certificate: string | null;
  readonly key: string | null;
}

const MODES: Readonly<Record<string, TlsMode>> = {
  disable: "disable",
  allow: "prefer",
  prefer: "prefer",
  require: "require",
  "no-verify": "require", // of node-postgres
  "verify-ca": "verify-ca",
  "verify-full": "verify-full",
};

/** Spellings of `ssl`, which drivers without `sslmode` have. */
const SSL: Readonly<Record<string, TlsMode>> = {
  ...MODES,
  "0": "disable",
  false: "disable",
  "1": "verify-full",
  true: "verify-full",
};

/** Reads the parameters that `take` takes. Returns why not, beginning with “with”. */
export function readTls(
  take: (...names: readonly string[]) => string | null,
): TlsSettings | string {
  const sslmode = take("sslmode");
  const ssl = take("ssl");
  // What Prisma means by `sslaccept`.
  const accepts = take("sslaccept");
  let rootCertificate = take("sslrootcert");
  let certificate = take("sslcert");
  const key = take("sslkey");
  if (take("sslcertmode") === "require" && certificate === null) {
    return "with sslcert and sslkey, as sslcertmode is require";
  }
  if (take("sslnegotiation") === "direct") {
    return "without sslnegotiation=direct: every server that has TLS takes the usual way";
  }
  if (certificate !== null && key === null) {
    // Prisma calls the authority's certificate `sslcert`.
    if (rootCertificate !== null) return "with sslkey, as there is sslcert";
    [rootCertificate, certificate] = [certificate, null];
  }
  if (key !== null && certificate === null) return "with sslcert, as there is sslkey";
  const given = sslmode === null ? ssl === null ? undefined : SSL[ssl] : MODES[sslmode];
  if (given === undefined && (sslmode ?? ssl) !== null) {
    return `with sslmode one of ${Object.keys(MODES).join(", ")}`;
  }
  const files = { rootCertificate, certificate, key };
  if (rootCertificate === "system") return { ...files, mode: "verify-full", rootCertificate: null };
  return { ...files, mode: stricter(given, rootCertificate !== null, accepts) };
}

/** As in `libpq`, `require` checks the authority where one is named; so does a URL without a mode. */
function stricter(
  given: TlsMode | undefined,
  hasAuthority: boolean,
  accepts: string | null,
): TlsMode {
  if (accepts === "strict" && given !== "disable") return "verify-full";
  const isOpen = given === undefined || given === "require";
  if (hasAuthority && isOpen && accepts !== "accept_invalid_certs") return "verify-ca";
  return given ?? "prefer";
}

/** The driver's option `ssl`. */
export type DriverTls = false | "prefer" | "require" | object;

/**
 * Reads the files, and returns the option for connections to a host.
 *
 * @throws if one of them cannot be read
 */
export function readDriverTls(settings: TlsSettings, host: string): DriverTls {
  const { mode, rootCertificate, certificate, key } = settings;
  if (mode === "disable") return false;
  const read = (path: string) => Deno.readTextFileSync(path);
  const own = certificate === null || key === null
    ? {}
    : { cert: read(certificate), key: read(key) };
  if (mode === "prefer" || mode === "require") {
    return certificate === null ? mode : { ...own, rejectUnauthorized: false };
  }
  return {
    ...own,
    ...rootCertificate === null ? {} : { ca: read(rootCertificate) },
    rejectUnauthorized: true,
    host, // which the certificate has to name; of an address the driver does not say
    // Any name will do: such certificates name an instance of the provider, not the host.
    ...mode === "verify-ca" ? { checkServerIdentity: () => undefined } : {},
  };
}
