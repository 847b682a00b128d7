/** Turns a token into an identity (contract 6.1). */

import { decodeProtectedHeader, type JWTPayload, jwtVerify } from "jose";
import { getLogger } from "@logtape/logtape";
import type { Clock } from "../clock.ts";
import type { AuthConfig } from "../config.ts";
import type { Identification, TokenRefusal } from "../events/identification.ts";
import { claimsOfTokens, readIdentity } from "./claims.ts";
import { type KeySet, KeysUnavailableError } from "./key_set.ts";
import { LogLimit } from "./log_limit.ts";
import { RefusedTokenError, toRefusal } from "./refusal.ts";

/** Returns what the tokens of a request, at least one, say about its caller. Never throws. */
export type Identify = (tokens: readonly string[]) => Promise<Identification>;

/** Options of `createIdentify`. */
export interface IdentifyOptions {
  readonly config: AuthConfig;
  /** The keys of `AUTH_JWKS_URL`; `null` without one. */
  readonly keys: Pick<KeySet, "verify"> | null;
  readonly clock: Pick<Clock, "now" | "monotonic">;
  readonly onRefused?: (refusal: TokenRefusal) => void;
}

const MAX_TOKEN_LENGTH = 8192;
/** How far the clock of an identity provider may be ahead of this one. */
const CLOCK_TOLERANCE_SECONDS = 10;
const CACHED_TOKENS = 10_000;
const CACHED_MS = 60_000;
const UNVERIFIED: Identification = { kind: "unverified" };

const logger = getLogger(["sluice", "auth"]);

interface Cached {
  readonly identification: Identification;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/** Creates the function that verifies tokens. It caches verified ones for up to a minute. */
export function createIdentify(options: IdentifyOptions): Identify {
  const { config, onRefused, clock: { now } } = options;
  const verify = createVerify(options);
  const claims = claimsOfTokens(config);
  const cache = new Map<string, Cached>();
  const warnings = new LogLimit(options.clock);

  async function identifyOne(token: string): Promise<Identification> {
    const cached = cache.get(token);
    const left = cached === undefined ? 0 : cached.expiresAt - now();
    // More than CACHED_MS is left if the clock was set back.
    if (cached !== undefined && left > 0 && left <= CACHED_MS) return cached.identification;
    cache.delete(token);
    try {
      const payload = await verify(token);
      const identification = readIdentity(payload, claims, config.adminRoles);
      const expiresAt = Math.min(now() + CACHED_MS, (payload.exp ?? Infinity) * 1000);
      cache.set(token, { identification, expiresAt });
      if (cache.size > CACHED_TOKENS) cache.delete(cache.keys().next().value ?? "");
      return identification;
    } catch (error) {
      if (error instanceof KeysUnavailableError) return UNVERIFIED;
      return { kind: "refused", ...toRefusal(error, config) };
    }
  }

  function report(refusal: TokenRefusal): void {
    onRefused?.(refusal);
    const { reason, message } = refusal;
    logger.debug("A token was not accepted: {message}", { reason, message });
    warnings.run((count) =>
      logger.warn(
        "Tokens are not accepted ({count} since the last warning), the latest: {message}",
        {
          count,
          reason,
          message,
        },
      )
    );
  }

  return async function identify(tokens) {
    let result: Identification | null = null;
    for (const token of tokens) {
      const identification = await identifyOne(token);
      if (identification.kind === "identified") return identification;
      // A token that cannot be verified may be the right one.
      if (result === null || identification.kind === "unverified") result = identification;
    }
    if (result?.kind === "refused") report(result);
    return result ?? UNVERIFIED;
  };
}

type Verify = (token: string) => Promise<JWTPayload>;

/** The algorithm selects the key, and each key accepts only its own: no algorithm confusion. */
function createVerify({ config, keys, clock }: IdentifyOptions): Verify {
  const checks = {
    ...(config.issuer === null ? {} : { issuer: config.issuer }),
    ...(config.audience === null ? {} : { audience: config.audience }),
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
  };
  const secret = config.secret === null ? null : new TextEncoder().encode(config.secret);
  const accepted = [
    ...(secret === null ? [] : ["HS256"]),
    ...(keys === null ? [] : ["RS256", "ES256"]),
  ];

  async function verifySignature(token: string, currentDate: Date): Promise<JWTPayload> {
    const alg = readAlgorithm(token);
    const options = { ...checks, currentDate, algorithms: [String(alg)] };
    if (alg === "HS256" && secret !== null) {
      return (await jwtVerify(token, secret, options)).payload;
    }
    if ((alg === "RS256" || alg === "ES256") && keys !== null) {
      return await keys.verify(token, options);
    }
    throw new RefusedTokenError("algorithm", refusedAlgorithm(alg, accepted));
  }

  return async function verify(token) {
    if (token.length > MAX_TOKEN_LENGTH) {
      throw new RefusedTokenError("too_long", `it is longer than ${MAX_TOKEN_LENGTH} characters`);
    }
    if (accepted.length === 0) {
      throw new RefusedTokenError(
        "not_configured",
        "neither AUTH_JWT_SECRET nor AUTH_JWKS_URL is set",
      );
    }
    const currentDate = new Date(clock.now());
    const payload = await verifySignature(token, currentDate);
    // The tolerance is for tokens that are new: nothing is valid beyond its expiry (contract 6.6).
    if (payload.exp !== undefined && payload.exp * 1000 <= currentDate.getTime()) {
      const expired = new Date(payload.exp * 1000).toISOString();
      throw new RefusedTokenError("expired", `it expired at ${expired}`);
    }
    return payload;
  };
}

function readAlgorithm(token: string): unknown {
  try {
    return decodeProtectedHeader(token).alg;
  } catch {
    throw new RefusedTokenError("malformed", "it is not a valid JWT");
  }
}

function refusedAlgorithm(alg: unknown, accepted: readonly string[]): string {
  // Anything else might be a part of a secret that was put into the wrong place.
  const name = typeof alg === "string" && /^[A-Za-z]{2,6}\d{0,3}$/.test(alg) ? `${alg} ` : "";
  return `its algorithm ${name}is not accepted, must be ${accepted.join(" or ")}`;
}
