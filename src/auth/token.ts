/** Reads tokens from requests, and mints them. */

import { SignJWT } from "jose";

/** The token of a request: from `Authorization: Bearer`, else from the cookie named `cookie`. */
export function readToken(headers: Headers, cookie: string): string | null {
  const bearer = /^Bearer +(\S+)$/i.exec(headers.get("authorization") ?? "")?.[1];
  if (bearer !== undefined) return bearer;
  const cookies = headers.get("cookie");
  if (cookies === null) return null;
  for (const pair of cookies.split(";")) {
    const at = pair.indexOf("=");
    if (at > 0 && pair.slice(0, at).trim() === cookie) return pair.slice(at + 1).trim();
  }
  return null;
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
