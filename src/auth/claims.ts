/** Reads from a token's claims who its sender is (contract 6.1, 6.5, 6.11). */

import type { AuthConfig } from "../config.ts";
import type { Identification, Identity } from "../events/identification.ts";
import { findIdFault, ID_TAKES } from "../events/id_text.ts";
import { type Claim, readClaim } from "./claim_paths.ts";
import { RefusedTokenError } from "./refusal.ts";
import { readRole } from "./roles.ts";

/** Where the claims are. */
export interface Claims {
  readonly user: Claim;
  readonly role: Claim;
  readonly creator: Claim;
  readonly brand: Claim;
}

/** Where the claims of tokens are: as the settings say, or in those of the guide. */
export function claimsOfTokens({ claims }: Pick<AuthConfig, "claims">): Claims {
  return {
    user: claims.user ?? topLevel("sub"),
    role: claims.role ?? topLevel("role"),
    creator: claims.creator ?? topLevel("creatorId"),
    brand: claims.brand ?? topLevel("brandId"),
  };
}

/** Where the claims of an answer of `AUTH_SESSION_URL` are: as the settings say, or in its `user`. */
export function claimsOfSessions({ claims }: Pick<AuthConfig, "claims">): Claims {
  return {
    user: claims.user ?? ofUser("id"),
    role: claims.role ?? ofUser("role"),
    creator: claims.creator ?? ofUser("creatorId"),
    brand: claims.brand ?? ofUser("brandId"),
  };
}

function topLevel(name: string): Claim {
  return { text: name, paths: [[name]] };
}

function ofUser(name: string): Claim {
  return { text: `user.${name}`, paths: [["user", name]] };
}

/**
 * Reads the identity. Optional claims that cannot be stored as ids count as absent.
 *
 * @throws {RefusedTokenError} if the claim of the user is no id
 */
export function readIdentity(
  payload: unknown,
  claims: Claims,
  adminRoles: readonly string[],
): Extract<Identification, { kind: "identified" }> {
  const role = readRole(readClaim(payload, claims.role), adminRoles, toId);
  const identity: Identity = {
    userId: readUser(payload, claims.user),
    role,
    creatorId: readOptional(payload, claims.creator),
    brandId: readOptional(payload, claims.brand),
  };
  return { kind: "identified", identity, isAdmin: role !== null && adminRoles.includes(role) };
}

function readUser(payload: unknown, claim: Claim): string {
  const [value] = readClaim(payload, claim);
  const fault = findIdFault(value);
  if (fault === null) return String(value);
  throw new RefusedTokenError("subject", `its claim ${claim.text} ${fault}, must be ${ID_TAKES}`);
}

function readOptional(payload: unknown, claim: Claim): string | null {
  return readClaim(payload, claim).map(toId).find((id) => id !== null) ?? null;
}

/** The text of a value that can be stored as an id; `null` if it cannot. */
function toId(value: unknown): string | null {
  return findIdFault(value) === null ? String(value) : null;
}
