/** Reads the keys of `AUTH_JWKS_URL`, and verifies tokens by them. */

import {
  createLocalJWKSet,
  errors,
  type JSONWebKeySet,
  type JWTPayload,
  jwtVerify,
  type JWTVerifyOptions,
} from "jose";

/** Keys of one response. */
export type Keys = ReturnType<typeof createLocalJWKSet>;

const USABLE = new Set(["RSA", "EC"]);

/** Reads keys. */
export async function readKeys(url: string, signal: AbortSignal): Promise<Keys> {
  const headers = { accept: "application/jwk-set+json, application/json" };
  const response = await fetch(url, { headers, signal, redirect: "manual" });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`the status is ${response.status}, must be 200`);
  }
  const set: unknown = JSON.parse(await response.text());
  const keys = createLocalJWKSet(set as JSONWebKeySet); // throws if it is not a key set
  // A server that is being set up may list no keys yet, and every token would be refused.
  if (!keys.jwks().keys.some(({ kty }) => USABLE.has(kty ?? ""))) {
    throw new Error("the response has no key for RS256 or ES256");
  }
  return keys;
}

/** Verifies a token by the key that it names or, without a name, by any key of its algorithm. */
export async function verifyByKeys(
  keys: Keys,
  token: string,
  options: JWTVerifyOptions,
): Promise<JWTPayload> {
  try {
    return (await jwtVerify(token, keys, options)).payload;
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    return await verifyByAny(error, token, options);
  }
}

async function verifyByAny(
  keys: errors.JWKSMultipleMatchingKeys,
  token: string,
  options: JWTVerifyOptions,
): Promise<JWTPayload> {
  for await (const key of keys) {
    try {
      return (await jwtVerify(token, key, options)).payload;
    } catch (error) {
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
    }
  }
  throw new errors.JWSSignatureVerificationFailed();
}
