/** Reads what a token says about its sender, in the way that fits its form. */

import type { Clock } from "../clock.ts";
import type { AuthConfig } from "../config.ts";
import { type Claims, claimsOfTokens } from "./claims.ts";
import { createDecrypt, isEncrypted } from "./encrypted_token.ts";
import type { KeySet } from "./key_set.ts";
import { RefusedTokenError } from "./refusal.ts";
import type { SentToken } from "./token.ts";
import { createVerify } from "./verify.ts";

/** Options of `createReadToken`. */
export interface ReadTokenOptions {
  readonly config: AuthConfig;
  /** The keys of `AUTH_JWKS_URL`; `null` without one. */
  readonly keys: Pick<KeySet, "verify"> | null;
  readonly clock: Pick<Clock, "now">;
}

/** What a token says. */
export interface Reading {
  readonly payload: unknown;
  /** Where the claims are in it. */
  readonly claims: Claims;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/** Reads a token, or throws why it is not accepted. */
export type ReadToken = (token: SentToken) => Promise<Reading>;

/** Creates the function that verifies signed tokens, and decrypts those that Auth.js encrypts. */
export function createReadToken({ config, keys, clock }: ReadTokenOptions): ReadToken {
  const verify = createVerify({ config, keys, clock });
  const decrypt = createDecrypt(config.secrets, clock);
  const claims = claimsOfTokens(config);

  return async function readToken({ text, cookie }) {
    const payload = isEncrypted(text) ? await decrypt(text, nameOf(cookie)) : await verify(text);
    return { payload, claims, expiresAt: (payload.exp ?? Infinity) * 1000 };
  };

  function nameOf(cookie: SentToken["cookie"]): string {
    if (config.secrets.length === 0) {
      throw new RefusedTokenError("not_configured", "it is encrypted, and AUTH_SECRET is not set");
    }
    if (cookie !== null) return cookie.name;
    throw new RefusedTokenError("algorithm", "it is encrypted, which is accepted in a cookie only");
  }
}
