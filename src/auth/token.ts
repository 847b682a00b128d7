/** Reads tokens from requests, and mints them. */

import { SignJWT } from "jose";
import type { AuthConfig } from "../config.ts";
import { putClaim } from "./claim_paths.ts";
import { claimsOfTokens } from "./claims.ts";
import type { Cookie, FindCookies } from "./cookies.ts";
import { unwrapToken } from "./wrapped_token.ts";

/** A token as it was sent. */
export interface SentToken {
  readonly text: string;
  /** The cookie that it was in; `null` if it was not in one. */
  readonly cookie: Cookie | null;
}

const NONE: readonly SentToken[] = [];

/**
 * The tokens of a request: the one in `Authorization: Bearer`, else those in cookies, of which any may be
 * the right one.
 */
export function readTokens(headers: Headers, findCookies: FindCookies): readonly SentToken[] {
  const bearer = readBearer(headers);
  if (bearer !== null) return [{ text: bearer, cookie: null }];
  const cookies = headers.get("cookie");
  if (cookies === null) return NONE;
  return findCookies(cookies).map((cookie) => ({ text: unwrapToken(cookie.value), cookie }));
}

const BEARER = /^Bearer[ \t]+(.+)$/i;
const JWT = /^(?:\S+[ \t]+)?([\w-]+\.[\w-]+\.[\w-]+)$/;

/**
 * What `Authorization` means as a token: also a JWT without a scheme or under another one, as some clients
 * send it. A bearer that is no token is returned all the same, so that it is counted as refused. Only
 * without one do cookies count.
 */
export function readBearer(headers: Headers): string | null {
  const authorization = headers.get("authorization") ?? "";
  return BEARER.exec(authorization)?.[1] ?? JWT.exec(authorization)?.[1] ?? null;
}

const NOWHERE_ELSE = { user: null, role: null, creator: null, brand: null };

/** The claims of a token to mint. */
export interface TokenClaims {
  readonly sub: string;
  readonly role: string;
  readonly creatorId?: string;
  readonly brandId?: string;
  readonly issuer?: string | null;
  readonly audience?: string | null;
  /** Where the claims are, if not in the usual places. */
  readonly claims?: AuthConfig["claims"];
  readonly expiresInSeconds: number;
}

/** Mints an HS256 token. */
export async function mintToken(
  secret: string,
  claims: TokenClaims,
  nowMs: number,
): Promise<string> {
  const { sub, role, creatorId, brandId, issuer, audience, expiresInSeconds } = claims;
  const places = claimsOfTokens({ claims: claims.claims ?? NOWHERE_ELSE });
  const payload: Record<string, unknown> = {};
  putClaim(payload, places.user, sub);
  putClaim(payload, places.role, role);
  if (creatorId !== undefined) putClaim(payload, places.creator, creatorId);
  if (brandId !== undefined) putClaim(payload, places.brand, brandId);
  const issuedAt = Math.floor(nowMs / 1000);
  const jwt = new SignJWT(payload)
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + expiresInSeconds);
  if (issuer) jwt.setIssuer(issuer);
  if (audience) jwt.setAudience(audience);
  return await jwt.sign(new TextEncoder().encode(secret));
}
