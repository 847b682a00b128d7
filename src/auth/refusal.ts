/** Explains to the sender of a token why it is not accepted (contract 6.9). */

import { errors } from "jose";
import type { RefusalReason, TokenRefusal } from "../events/identification.ts";

/** The requirements of the settings on a token. */
export interface Requirements {
  readonly issuer: string | null;
}

/** A token that is not accepted, for a reason that jose does not know. */
export class RefusedTokenError extends Error {
  override readonly name = "RefusedTokenError";

  constructor(readonly reason: RefusalReason, message: string) {
    super(message);
  }
}

/** Turns the error of a verification into a refusal. It contains no text of the token. */
export function toRefusal(error: unknown, requirements: Requirements): TokenRefusal {
  if (error instanceof RefusedTokenError) return { reason: error.reason, message: error.message };
  if (error instanceof errors.JWTExpired) {
    return { reason: "expired", message: `it expired${at(" at ", error.payload.exp)}` };
  }
  if (error instanceof errors.JWTClaimValidationFailed) return ofClaim(error, requirements);
  if (error instanceof errors.JWSSignatureVerificationFailed) {
    return { reason: "signature", message: "its signature is wrong" };
  }
  if (error instanceof errors.JWKSNoMatchingKey) {
    return { reason: "key", message: "its key is not among those of AUTH_JWKS_URL" };
  }
  // jose reports every other fault of the token by an error of its own.
  return error instanceof errors.JOSEError
    ? { reason: "malformed", message: "it is not a valid JWT" }
    : { reason: "key", message: "its key cannot be used" };
}

function ofClaim(
  { claim, reason, payload }: errors.JWTClaimValidationFailed,
  { issuer }: Requirements,
): TokenRefusal {
  if (claim === "iss") {
    return { reason: "issuer", message: `its issuer is not ${issuer} (AUTH_ISSUER)` };
  }
  if (claim === "nbf" && reason === "check_failed") {
    return { reason: "not_yet_valid", message: `it is not valid${at(" before ", payload.nbf)}` };
  }
  return { reason: "claim", message: `its claim ${claim} must be a number of seconds since 1970` };
}

/** `word` and a time in epoch seconds as text; empty if the time is out of range. */
function at(word: string, seconds: unknown): string {
  const date = new Date(Number(seconds) * 1000);
  return Number.isNaN(date.getTime()) ? "" : word + date.toISOString();
}
