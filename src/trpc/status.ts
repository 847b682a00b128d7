/** HTTP status of each tRPC error code. */

import { TRPCError } from "@trpc/server";
import { getHTTPStatusCodeFromError } from "@trpc/server/http";

/** The caller took too long to send the request: 408. */
export class SlowCallerError extends TRPCError {
  /** @param message shown to the caller */
  constructor(message: string) {
    super({ code: "TIMEOUT", message });
  }
}

/** tRPC's status for the error, except that a flush that takes too long is 504 (contract 8.3). */
export function toHttpStatus(error: TRPCError): number {
  const isOurs = error.code === "TIMEOUT" && !(error instanceof SlowCallerError);
  return isOurs ? 504 : getHTTPStatusCodeFromError(error);
}
