/** How connections to Postgres are encrypted: the modes of `libpq`. */

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

/** The mode, and the paths of PEM files, or what they would contain. */
export interface TlsSettings {
  readonly mode: TlsMode;
  /** The authority; `null`: those that Deno trusts. */
  readonly rootCertificate: string | null;
  /** What the service proves its own identity with. */
  readonly certificate: string | null;
  readonly key: string | null;
  /** Whether to encrypt from the first byte, without asking the server. */
  readonly isDirect: boolean;
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
export function readTls(take: (name: string) => string | null): TlsSettings | string {
  const modes = {
    sslmode: take("sslmode"),
    ssl: take("ssl"),
    requires: take("requiressl") === "1",
  };
  // What Prisma means by `sslaccept`.
  const accepts = take("sslaccept");
  const isDirect = take("sslnegotiation") === "direct";
  const files = readFiles(take);
  if (typeof files === "string") return files;
  const given = readMode(modes);
  if (typeof given === "object") return given.wrong;
  const settings = files.rootCertificate === "system"
    ? { ...files, mode: "verify-full" as const, rootCertificate: null }
    : { ...files, mode: stricter(given, files.rootCertificate !== null, accepts) };
  if (isDirect && (settings.mode === "disable" || settings.mode === "prefer")) {
    return "with sslmode=require or stricter, as sslnegotiation is direct";
  }
  return { ...settings, isDirect };
}

/** The mode that `sslmode` or `ssl` names; both may be given if they agree. */
function readMode(
  modes: {
    readonly sslmode: string | null;
    readonly ssl: string | null;
    readonly requires: boolean;
  },
): TlsMode | undefined | { readonly wrong: string } {
  const sslmode = modes.sslmode === null ? undefined : MODES[modes.sslmode];
  const ssl = modes.ssl === null ? undefined : SSL[modes.ssl];
  const isUnknown = (sslmode ?? null) === null && modes.sslmode !== null ||
    (ssl ?? null) === null && modes.ssl !== null;
  if (isUnknown) return { wrong: `with sslmode one of ${Object.keys(MODES).join(", ")}` };
  if (sslmode !== undefined && ssl !== undefined && isEncrypted(sslmode) !== isEncrypted(ssl)) {
    return { wrong: "with either sslmode or ssl, as they contradict each other" };
  }
  const mode = sslmode ?? ssl;
  return modes.requires && !isEncrypted(mode) ? "require" : mode;
}

/** Whether nothing is sent unencrypted. */
function isEncrypted(mode: TlsMode | undefined): boolean {
  return mode !== undefined && mode !== "disable" && mode !== "prefer";
}

function readFiles(
  take: (name: string) => string | null,
): Pick<TlsSettings, "rootCertificate" | "certificate" | "key"> | string {
  const rootCertificate = take("sslrootcert");
  const certificate = take("sslcert");
  const key = take("sslkey");
  const certMode = take("sslcertmode");
  if (certMode === "require" && certificate === null) {
    return "with sslcert and sslkey, as sslcertmode is require";
  }
  if (key !== null && certificate === null) return "with sslcert, as there is sslkey";
  if (certificate !== null && key === null) {
    if (rootCertificate !== null) return "with sslkey, as there is sslcert";
    // Prisma calls the authority's certificate `sslcert`.
    return { rootCertificate: certificate, certificate: null, key: null };
  }
  return certMode === "disable"
    ? { rootCertificate, certificate: null, key: null }
    : { rootCertificate, certificate, key };
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
