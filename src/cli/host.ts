/** The address that the service listens on, as a person or a client can use it. */

/** The host of a URL at which a service that listens on `host` can be reached from this machine. */
export function toUrlHost(host: string): string {
  if (host === "0.0.0.0" || host === "::") return "localhost";
  return host.includes(":") ? `[${host}]` : host;
}

/** Returns the error message for an address that this machine does not have. */
export function noSuchHostMessage(host: string): string {
  return `HOST must be an address of this machine, got ${JSON.stringify(host)}.`;
}
