/** Tokens that a page gives to `identify`. */

/** A token and its expiry. */
export interface Token {
  readonly _jwt: string;
  /** Expiry, epoch seconds. */
  readonly _exp: number;
}

/** Reads the user and the expiry (epoch seconds) from a JWT without verifying it: the service does that. */
export function readClaims(token: string): { sub?: string; exp?: number } {
  const [, claims = ""] = token.split(".");
  return JSON.parse(atob(claims.replace(/-/g, "+").replace(/_/g, "/")));
}
