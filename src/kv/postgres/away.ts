/** Errors of a PostgreSQL that cannot be reached, or written to at the moment. */

import { NoServerError } from "../../store/driver.ts";

const CODES: ReadonlySet<unknown> = new Set([
  "CONNECTION_CLOSED",
  "CONNECT_TIMEOUT",
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOENT", // the unix socket of a server that is not running
  "ENOTFOUND",
  "EPIPE",
  "ETIMEDOUT",
  "25006", // a standby, after a failover
  "53300", // too many connections
  "57P01", // shut down
  "57P03", // starting up
]);

/** Whether an error says so. A connection that was lost may be the only one: `RemoteKv` asks again. */
export function saysPostgresAway(error: unknown): boolean {
  return error instanceof NoServerError ||
    (error instanceof Error && "code" in error && CODES.has(error.code));
}
