/** Errors that the driver throws where nobody can catch them. */

import { getLogger } from "@logtape/logtape";

const logger = getLogger(["sluice", "store"]);

/**
 * postgres.js writes to a connection a moment after it was closed, in a callback of its own; such a
 * `TypeError` would end the process whenever Postgres goes away at the wrong time. The work that was
 * waiting has failed already, or will at its deadline. Any other error ends the process, as it should:
 * everything that was promised is in KV.
 */
export function surviveDriverFaults(): void {
  globalThis.addEventListener("error", (event) => {
    if (!isDriverFault(event.error)) return;
    event.preventDefault();
    logger.warn("The driver wrote to a closed connection: {error}", { error: event.error });
  });
}

/** Whether an error is postgres.js writing to a connection that is closed. */
export function isDriverFault(error: unknown): boolean {
  return error instanceof TypeError && error.message.includes("reading 'write'") &&
    /\/postgres\/[^\n]*connection\.js/.test(error.stack ?? "");
}
