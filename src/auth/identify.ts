/** Turns a token into an identity (contract 6.1). */

import {
  createRemoteJWKSet,
  customFetch,
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  jwtVerify,
} from "jose";
import { getLogger } from "@logtape/logtape";
import type { AuthConfig } from "../config.ts";
import type { Identity } from "../events/types.ts";

/** Returns the identity that a token proves, or `null`. Never throws. */
export type Identify = (token: string | null) => Promise<Identity | null>;

// What an indexed text column can comfortably hold.
const MAX_CLAIM_LENGTH = 255;
const MAX_TOKEN_LENGTH = 8192;
const JWKS_TIMEOUT_MS = 2_000;
const CACHED_TOKENS = 10_000;
const CACHED_MS = 60_000;
const JWKS_OUTAGES = new Set(["ERR_JOSE_GENERIC", "ERR_JWKS_TIMEOUT", "ERR_JWKS_INVALID"]);

const logger = getLogger(["sluice", "auth"]);

interface Cached {
  readonly identity: Identity;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/** Creates the function that verifies tokens. It caches verified ones for up to a minute. */
export function createIdentify(config: AuthConfig, now: () => number): Identify {
  const verify = createVerify(config, now);
  const cache = new Map<string, Cached>();
  return async function identify(token) {
    if (token === null || token.length > MAX_TOKEN_LENGTH) return null;
    const cached = cache.get(token);
    const left = cached === undefined ? 0 : cached.expiresAt - now();
    // More than CACHED_MS is left if the clock was set back.
    if (cached !== undefined && left > 0 && left <= CACHED_MS) return cached.identity;
    cache.delete(token);
    try {
      const payload = await verify(token);
      const identity = readIdentity(payload);
      if (identity === null) return null;
      const expiresAt = Math.min(now() + CACHED_MS, (payload.exp ?? Infinity) * 1000);
      cache.set(token, { identity, expiresAt });
      if (cache.size > CACHED_TOKENS) cache.delete(cache.keys().next().value ?? "");
      return identity;
    } catch (error) {
      if (isOutage(error)) {
        logger.warn("Tokens cannot be verified; callers count as anonymous: {error}", { error });
      } else {
        // Only the message: the error object contains the claims.
        const reason = error instanceof Error ? error.message : String(error);
        logger.debug("A token was rejected: {reason}", { reason });
      }
      return null;
    }
  };
}

type Verify = (token: string) => Promise<JWTPayload>;

/** The algorithm selects the key, and each key accepts only its own: no algorithm confusion. */
function createVerify(config: AuthConfig, now: () => number): Verify {
  const checks = {
    ...(config.issuer === null ? {} : { issuer: config.issuer }),
    ...(config.audience === null ? {} : { audience: config.audience }),
  };
  const secret = config.secret === null ? null : new TextEncoder().encode(config.secret);
  const jwks = config.jwksUrl === null ? null : createRemoteJWKSet(new URL(config.jwksUrl), {
    timeoutDuration: JWKS_TIMEOUT_MS,
    async [customFetch](url, options) {
      const response = await fetch(url, options);
      if (!response.ok) await response.body?.cancel(); // jose does not
      return response;
    },
  });
  return async (token) => {
    const options = { ...checks, currentDate: new Date(now()) };
    const alg = readAlgorithm(token);
    if (alg === "HS256" && secret !== null) {
      return (await jwtVerify(token, secret, { ...options, algorithms: ["HS256"] })).payload;
    }
    if ((alg === "RS256" || alg === "ES256") && jwks !== null) {
      return (await jwtVerify(token, jwks, { ...options, algorithms: [alg] })).payload;
    }
    throw new errors.JOSEAlgNotAllowed(`algorithm ${alg} is not configured`);
  };
}

function readAlgorithm(token: string): string | undefined {
  try {
    return decodeProtectedHeader(token).alg;
  } catch (cause) {
    throw new errors.JWTInvalid("the token is not a JWT", { cause });
  }
}

/** Whether the keys were unavailable, rather than the token invalid. */
function isOutage(error: unknown): boolean {
  return !(error instanceof errors.JOSEError) || JWKS_OUTAGES.has(error.code);
}

function readIdentity(payload: JWTPayload): Identity | null {
  const userId = readClaim(payload["sub"]);
  if (userId === null) return null;
  return {
    userId,
    role: readClaim(payload["role"]),
    creatorId: readClaim(payload["creatorId"]),
    brandId: readClaim(payload["brandId"]),
  };
}

function readClaim(value: unknown): string | null {
  return typeof value === "string" && value !== "" && value.length <= MAX_CLAIM_LENGTH
    ? value
    : null;
}
