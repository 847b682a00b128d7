/** Reads what a token says about its sender, in the way that fits its form. */

import type { Clock } from "../clock.ts";
import type { AuthConfig } from "../config.ts";
import type { JWTPayload } from "jose";
import { readExpiry } from "./ask_session.ts";
import { type Claims, claimsOfSessions, claimsOfTokens } from "./claims.ts";
import { type Cookie, SIGN_IN_COOKIE } from "./cookies.ts";
import { createDecrypt, isEncrypted } from "./encrypted_token.ts";
import type { KeySet } from "./key_set.ts";
import { RefusedTokenError } from "./refusal.ts";
import type { Sessions } from "./sessions.ts";
import type { SentToken } from "./token.ts";
import { createVerify } from "./verify.ts";

type Finder = Pick<Sessions, "find">;

/** Options of `createReadToken`. */
export interface ReadTokenOptions {
  readonly config: AuthConfig;
  /** The keys of `AUTH_JWKS_URL`; `null` without one. */
  readonly keys: Pick<KeySet, "verify"> | null;
  /** The sessions of `AUTH_SESSION_URL`; `null` without one. */
  readonly sessions: Finder | null;
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

/**
 * Reads a token, or throws why it is not accepted.
 *
 * @param since when the request with it arrived, by the monotonic clock
 */
export type ReadToken = (token: SentToken, since: number) => Promise<Reading>;

const SIGNED = /^ey[\w-]*\.[\w-]*\.[\w-]*$/;
/** A session in eight chunks. */
const MAX_COOKIE_LENGTH = 32_768;

/**
 * Creates the function that verifies signed tokens, decrypts those that Auth.js encrypts, and asks whose
 * the cookies are that are neither, or that the settings have no keys for.
 */
export function createReadToken({ config, keys, sessions, clock }: ReadTokenOptions): ReadToken {
  const verify = createVerify({ config, keys, clock });
  const decrypt = createDecrypt(config.secrets, clock);
  const claims = claimsOfTokens(config);
  const claimsInSessions = claimsOfSessions(config);
  const canDecrypt = config.secrets.length > 0;
  const canVerify = config.secret !== null || keys !== null;

  async function readEncrypted(text: string, cookie: Cookie | null): Promise<JWTPayload> {
    if (!canDecrypt) {
      throw new RefusedTokenError("not_configured", "it is encrypted, and AUTH_SECRET is not set");
    }
    if (cookie !== null) return await decrypt(text, cookie.name);
    throw new RefusedTokenError("algorithm", "it is encrypted, which is accepted in a cookie only");
  }

  async function askAbout(cookie: Cookie, since: number, finder: Finder): Promise<Reading> {
    if (cookie.sent.length > MAX_COOKIE_LENGTH) {
      const message = `it is longer than ${MAX_COOKIE_LENGTH} characters`;
      throw new RefusedTokenError("too_long", message);
    }
    const payload = await finder.find(cookie, since);
    if (payload === null) {
      throw new RefusedTokenError("session", "AUTH_SESSION_URL knows no session for it");
    }
    return { payload, claims: claimsInSessions, expiresAt: readExpiry(payload) };
  }

  async function readByKeys({ text, cookie }: SentToken): Promise<Reading> {
    const payload = isEncrypted(text) ? await readEncrypted(text, cookie) : await verify(text);
    return { payload, claims, expiresAt: (payload.exp ?? Infinity) * 1000 };
  }

  return async function readToken(token, since) {
    const { text, cookie } = token;
    // The dashboard's cookie has a token that signed in here.
    if (sessions === null || cookie === null || cookie.name.endsWith(SIGN_IN_COOKIE)) {
      return await readByKeys(token);
    }
    const isForUs = isEncrypted(text) ? canDecrypt : canVerify && SIGNED.test(text);
    if (!isForUs) return await askAbout(cookie, since, sessions);
    try {
      return await readByKeys(token);
    } catch (error) {
      const isForOthers = error instanceof RefusedTokenError && error.reason === "algorithm";
      if (isForOthers) return await askAbout(cookie, since, sessions);
      throw error;
    }
  };
}
