/** Errors that the driver throws outside of any call. */

import { getLogger } from "@logtape/logtape";

const logger = getLogger(["sluice", "store"]);

/**
 * Keeps the process alive when postgres.js, in a callback, writes to a connection that was just closed.
 * That `TypeError` would otherwise end the process whenever Postgres stops at the wrong moment. The
 * query has failed already, or will at its deadline. With Deno 2.5 the error of a unix socket that cannot
 * be connected to comes after its end, when postgres.js no longer listens for it. Other uncaught errors still end the process, which
 * is safe: accepted events are in KV.
 */
export function surviveDriverFaults(): void {
  globalThis.addEventListener("error", (event) => {
    if (!isDriverFault(event.error)) return;
    event.preventDefault();
    logger.warn("The driver used a closed connection: {error}", { error: event.error });
  });
}

/** Whether an error comes from postgres.js using a closed connection. */
export function isDriverFault(error: unknown): boolean {
  if (error instanceof Error && /^connect E[A-Z]+ \S*\/\.s\.PGSQL\.\d+$/.test(error.message)) {
    return true;
  }
  return error instanceof TypeError && error.message.includes("reading 'write'") &&
    /\/postgres\/[^\n]*connection\.js/.test(error.stack ?? "");
}
