/** Reads the keys of `AUTH_JWKS_URL`, and verifies tokens by them. */

import {
  createLocalJWKSet,
  errors,
  type JWK,
  type JWTPayload,
  jwtVerify,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
} from "jose";
import { readPublicKey } from "./algorithms.ts";
import { readText } from "./fetched.ts";

/** Finds the key of a token among those of one response. */
export type Keys = JWTVerifyGetKey;

/** Large sets have a hundred keys with certificates, of 3 KB each. */
const MAX_LENGTH = 1_048_576;

/** Reads keys. A response without any that can verify tokens is an error, not a set of keys. */
export async function readKeys(url: string, signal: AbortSignal): Promise<Keys> {
  const headers = { accept: "application/jwk-set+json, application/json" };
  const response = await fetch(url, { headers, signal, redirect: "manual" });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`the status is ${response.status}, must be 200`);
  }
  const members = parseSet(await readText(response, MAX_LENGTH));
  const usable = members.map(readPublicKey).filter((key) => key !== null);
  // A server that is being set up may list no keys yet, and every token would be refused.
  if (usable.length === 0) {
    throw new Error("the response has no public key to verify signatures with");
  }
  return createKeys(usable);
}

function parseSet(text: string): readonly unknown[] {
  let set: unknown;
  try {
    set = JSON.parse(text);
  } catch {
    throw new Error("the response is not JSON"); // not what it is: the log is not for pages
  }
  if (typeof set === "object" && set !== null && "keys" in set && Array.isArray(set.keys)) {
    return set.keys;
  }
  throw new Error('the response is not a key set, {"keys": […]}');
}

/** A token may name a key id where the key itself has none. */
function createKeys(usable: JWK[]): Keys {
  const all = createLocalJWKSet({ keys: usable });
  const nameless = usable.filter(({ kid }) => kid === undefined);
  if (nameless.length === 0) return all;
  const others = createLocalJWKSet({ keys: nameless });
  return async function find(header, token) {
    try {
      return await all(header, token);
    } catch (error) {
      const { kid, ...rest } = header;
      if (kid === undefined || !(error instanceof errors.JWKSNoMatchingKey)) throw error;
      return await others(rest, token);
    }
  };
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
      const isWrongKey = error instanceof errors.JWSSignatureVerificationFailed ||
        !(error instanceof errors.JOSEError); // a key that is too short
      if (!isWrongKey) throw error;
    }
  }
  throw new errors.JWSSignatureVerificationFailed();
}
