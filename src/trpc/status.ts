/** HTTP status of each tRPC error code. */

import { TRPCError } from "@trpc/server";
import { getHTTPStatusCodeFromError } from "@trpc/server/http";

/** A caller who takes too long to send their request. */
export class SlowCallerError extends TRPCError {
  /** @param message a sentence for the caller */
  constructor(message: string) {
    super({ code: "TIMEOUT", message });
  }
}

/** As tRPC has it, but for a flush that takes too long: 504, not 408 (contract 8.3). */
export function toHttpStatus(error: TRPCError): number {
  const ours = error.code === "TIMEOUT" && !(error instanceof SlowCallerError);
  return ours ? 504 : getHTTPStatusCodeFromError(error);
}
