/** The driver's option for a mode of TLS, with the files that are named. */

import { isIP } from "node:net";
import type { TlsSettings } from "./tls_settings.ts";

/** What begins a certificate or a key that is given itself instead of its file. */
const PEM = /^\s*-----/;

const CERTIFICATE = /-----BEGIN [A-Z ]*CERTIFICATE-----[^]+-----END /;

/** What a file has to contain. Others would be ignored, or every connection would fail. */
const CONTENTS = {
  sslrootcert: CERTIFICATE,
  sslcert: CERTIFICATE,
  sslkey: /-----BEGIN [A-Z ]*PRIVATE KEY-----[^]+-----END /,
};

/** The host of a connection. */
export interface TlsHost {
  readonly name: string;
  /** Where to connect to, if not by name. */
  readonly address?: string;
}

/** The driver's option `ssl`. */
export type DriverTls = false | "prefer" | "require" | object;

/**
 * Reads the files, and returns the option for connections to a host.
 *
 * @throws if one of them cannot be read, or is not PEM
 */
export function readDriverTls(settings: TlsSettings, { name, address }: TlsHost): DriverTls {
  const { mode, rootCertificate, certificate, key } = settings;
  if (mode === "disable") return false;
  const own = certificate === null || key === null
    ? {}
    : { cert: readPem("sslcert", certificate), key: readPem("sslkey", key) };
  // By the address that is connected to, the driver would not say which host is meant.
  const named = address === undefined || isIP(name) !== 0 ? {} : { servername: name };
  if (mode === "prefer" || mode === "require") {
    if (certificate === null && (address === undefined || mode === "prefer")) return mode;
    return { ...own, ...named, rejectUnauthorized: false };
  }
  return {
    ...own,
    ...named,
    ...rootCertificate === null ? {} : { ca: readPem("sslrootcert", rootCertificate) },
    rejectUnauthorized: true,
    host: name, // which the certificate has to name; of an address the driver does not say
    // Any name will do: such certificates name an instance of the provider, not the host.
    ...mode === "verify-ca" ? { checkServerIdentity: () => undefined } : {},
  };
}

function readPem(parameter: keyof typeof CONTENTS, given: string): string {
  const text = PEM.test(given) ? given : readText(parameter, given);
  if (CONTENTS[parameter].test(text) && !/\bENCRYPTED\b/.test(text)) return text;
  const kind = parameter === "sslkey" ? "private key without a passphrase" : "certificate";
  throw new Error(`${parameter} contains no ${kind} in PEM format`);
}

function readText(parameter: string, path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    // The message has the path, which may be a key in a format of its own.
    if (parameter !== "sslkey" || !(error instanceof Error)) throw error;
    throw new Error(`sslkey: ${error.message.replaceAll(path, "…")}`);
  }
}
