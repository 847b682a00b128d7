/** Reads tokens from requests, and mints them. */

import { SignJWT } from "jose";

const NONE: readonly string[] = [];
/** Browsers send two or three cookies of one name where parents of the host have set one as well. */
const MAX_COOKIES = 5;

/**
 * The tokens of a request: the one in `Authorization: Bearer`, else those in cookies named `cookie`, of
 * which any may be the right one.
 */
export function readTokens(headers: Headers, cookie: string): readonly string[] {
  const bearer = readBearer(headers);
  if (bearer !== null) return [bearer];
  const cookies = headers.get("cookie");
  if (cookies === null || !cookies.includes(cookie)) return NONE;
  const tokens = new Set<string>();
  for (const pair of cookies.split(";")) {
    const at = pair.indexOf("=");
    if (at > 0 && pair.slice(0, at).trim() === cookie) {
      tokens.add(unquote(pair.slice(at + 1).trim()));
    }
    if (tokens.size === MAX_COOKIES) break;
  }
  return [...tokens].filter((token) => token !== "");
}

const BEARER = /^Bearer[ \t]+(.+)$/i;
const JWT = /^(?:\S+[ \t]+)?([\w-]+\.[\w-]+\.[\w-]+)$/;

/** Without the quotes that a value may have (RFC 6265). */
function unquote(value: string): string {
  return /^"(.*)"$/.exec(value)?.[1] ?? value;
}

/**
 * What `Authorization` means as a token: also a JWT without a scheme or under another one, as some clients
 * send it. A bearer that is no token is returned all the same, so that it is counted as refused. Only
 * without one do cookies count.
 */
export function readBearer(headers: Headers): string | null {
  const authorization = headers.get("authorization") ?? "";
  return BEARER.exec(authorization)?.[1] ?? JWT.exec(authorization)?.[1] ?? null;
}

/** The claims of a token to mint. */
export interface TokenClaims {
  readonly sub: string;
  readonly role: string;
  readonly creatorId?: string;
  readonly brandId?: string;
  readonly issuer?: string | null;
  readonly audience?: string | null;
  readonly expiresInSeconds: number;
}

/** Mints an HS256 token. */
export async function mintToken(
  secret: string,
  claims: TokenClaims,
  nowMs: number,
): Promise<string> {
  const { sub, issuer, audience, expiresInSeconds, ...rest } = claims;
  const issuedAt = Math.floor(nowMs / 1000);
  const jwt = new SignJWT(rest)
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setSubject(sub)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + expiresInSeconds);
  if (issuer) jwt.setIssuer(issuer);
  if (audience) jwt.setAudience(audience);
  return await jwt.sign(new TextEncoder().encode(secret));
}
