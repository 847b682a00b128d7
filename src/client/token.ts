/** Tokens that a page gives to `identify`. */

import type { Page } from "./page.ts";

/** A token and its expiry. */
export interface Token {
  readonly _jwt: string;
  /** Expiry, epoch seconds. */
  readonly _exp: number;
}

/** Reads the user and the expiry (epoch seconds) from a JWT without verifying it: the service does that. */
export function readClaims(page: Page, token: string): { sub?: string; exp?: number } {
  const [, claims = ""] = token.split(".");
  return JSON.parse(page.atob(claims.replace(/-/g, "+").replace(/_/g, "/")));
}
