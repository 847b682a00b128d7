/** Reads where the servers of a connection string listen. */

import { DatabaseUrlError, decode, EXPECTED } from "./connection_string.ts";

/** Where a server listens. */
export type DatabaseHost =
  | {
    /** What the server's certificate has to name. */
    readonly name: string;
    readonly port: number;
    /** Where to connect to, if that is not to be looked up by name (`hostaddr`). */
    readonly address?: string;
  }
  /** The path of a unix socket. */
  | { readonly path: string };

/** What a connection string says about its hosts; lists are separated by commas. */
export interface HostLists {
  /** Hosts and ports before the path of a URL. */
  readonly authority: string;
  /** These take precedence. */
  readonly host: string | null;
  readonly port: string | null;
  /** IP addresses, one for each host; where one is empty, the host is looked up. */
  readonly hostaddr: string | null;
}

const DEFAULT_PORT = 5432;
const ADDRESS = /^(\d{1,3}(\.\d{1,3}){3}|[\da-f]*:[\da-f:.]*(%\w+)?)$/i;
/** Nothing that would be from a password. */
const NAME = /^[\p{L}\p{N}_.:%-]+$/u;

/**
 * Reads the hosts, at least one.
 *
 * @throws {DatabaseUrlError} if they are not valid
 */
export function readHosts(lists: HostLists): DatabaseHost[] {
  const written = lists.authority === "" ? [] : lists.authority.split(",").map(splitHost);
  const addresses = lists.hostaddr?.split(",") ?? [];
  const given = lists.host?.split(",") ?? written.map(({ name }) => name);
  const names = given.length === 0 ? addresses : given;
  const ports = lists.port?.split(",") ?? written.map(({ port }) => port);
  if (names.length === 0) throw new DatabaseUrlError(EXPECTED);
  if (ports.length > 1 && ports.length !== names.length) {
    throw new DatabaseUrlError("a URL with one port, or one for each host");
  }
  if (addresses.length > 0 && addresses.length !== names.length) {
    throw new DatabaseUrlError("a URL with one hostaddr for each host");
  }
  return names.map((name, i) => {
    const port = readPort(ports[i] ?? ports[0] ?? "");
    const address = addresses[i] ?? "";
    if (address === "" && name.startsWith("/")) return { path: socketPath(name, port) };
    if (!NAME.test(name)) throw new DatabaseUrlError(EXPECTED);
    if (address === "" || address === name) return { name, port };
    if (!ADDRESS.test(address)) throw new DatabaseUrlError("a URL with IP addresses as hostaddr");
    return { name, port, address };
  });
}

/** The path of a socket, of which usually only the folder is given. */
export function socketPath(folder: string, port = DEFAULT_PORT): string {
  return /\/\.s\.PGSQL\.\d+$/.test(folder) ? folder : `${folder}/.s.PGSQL.${port}`;
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
