/** Verifies signed tokens (contract 6.1, 6.12). */

import { decodeProtectedHeader, type JWTPayload, jwtVerify } from "jose";
import type { Clock } from "../clock.ts";
import type { AuthConfig } from "../config.ts";
import { acceptedAlgorithms, isOfKeys, minSecretBytes } from "./algorithms.ts";
import { assertAudience } from "./audience.ts";
import { assertNotExpired, CLOCK_TOLERANCE_SECONDS } from "./expiry.ts";
import type { KeySet } from "./key_set.ts";
import { RefusedTokenError } from "./refusal.ts";

/** Options of `createVerify`. */
export interface VerifyOptions {
  readonly config: AuthConfig;
  /** The keys of `AUTH_JWKS_URL`; `null` without one. */
  readonly keys: Pick<KeySet, "verify"> | null;
  readonly clock: Pick<Clock, "now">;
}

/** Returns the claims of a token, or throws why it is not accepted. */
export type Verify = (token: string) => Promise<JWTPayload>;

const MAX_TOKEN_LENGTH = 8192;

/** The algorithm selects the key, and each key accepts only its own: no algorithm confusion. */
export function createVerify({ config, keys, clock }: VerifyOptions): Verify {
  const checks = {
    ...(config.issuer === null ? {} : { issuer: config.issuer }),
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
  };
  const secret = new TextEncoder().encode(config.secret ?? "");
  const accepted = acceptedAlgorithms(secret.length, keys !== null);

  async function verifySignature(token: string, currentDate: Date): Promise<JWTPayload> {
    const alg = readAlgorithm(token);
    const options = { ...checks, currentDate, algorithms: [String(alg)] };
    if (keys !== null && isOfKeys(alg)) return await keys.verify(token, options);
    const minBytes = config.secret === null ? null : minSecretBytes(alg);
    if (minBytes === null) {
      throw new RefusedTokenError("algorithm", refusedAlgorithm(alg, accepted));
    }
    if (secret.length < minBytes) {
      throw new RefusedTokenError(
        "algorithm",
        `its algorithm ${alg} requires an AUTH_JWT_SECRET of at least ${minBytes} bytes`,
      );
    }
    return (await jwtVerify(token, secret, options)).payload;
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
    assertNotExpired(payload, currentDate);
    assertAudience(payload, config.audience);
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
  const name = typeof alg === "string" && /^[A-Za-z]{2,6}\d{0,5}$/.test(alg) ? `${alg} ` : "";
  const others = accepted.slice(0, -1).join(", ");
  const list = others === "" ? accepted[0] : `${others} or ${accepted.at(-1)}`;
  return `its algorithm ${name}is not accepted, must be ${list}`;
}
