/** Whom a token is for (contract 6.17). */

import type { JWTPayload } from "jose";
import { RefusedTokenError } from "./refusal.ts";

/**
 * Refuses a token for others. Access tokens of Cognito name their client in `client_id`, session tokens
 * of Clerk the site in `azp`, and neither has an `aud`.
 */
export function assertAudience(payload: JWTPayload, expected: string | null): void {
  if (expected === null) return;
  const audience = payload.aud ?? payload["client_id"] ?? payload["azp"];
  if (Array.isArray(audience) ? audience.includes(expected) : audience === expected) return;
  throw new RefusedTokenError("audience", `its audience is not ${expected} (AUTH_AUDIENCE)`);
}
