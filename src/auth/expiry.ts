/** When a token is valid (contract 6.1, 6.6). */

import type { JWTPayload } from "jose";
import { RefusedTokenError } from "./refusal.ts";

/** How far the clock of an identity provider may be ahead of this one. */
export const CLOCK_TOLERANCE_SECONDS = 10;

/** Refuses a token that has expired. The tolerance is for new ones: nothing is valid beyond its expiry. */
export function assertNotExpired({ exp }: JWTPayload, now: Date): void {
  if (exp === undefined || exp * 1000 > now.getTime()) return;
  const expired = new Date(exp * 1000).toISOString();
  throw new RefusedTokenError("expired", `it expired at ${expired}`);
}
