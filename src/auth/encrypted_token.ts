/** Decrypts the session cookies of Auth.js v5 and NextAuth v4 (contract 6.15). */

import { base64url, calculateJwkThumbprint, decodeProtectedHeader, errors, jwtDecrypt } from "jose";
import type { JWTPayload } from "jose";
import type { Clock } from "../clock.ts";
import { assertNotExpired, CLOCK_TOLERANCE_SECONDS } from "./expiry.ts";
import { RefusedTokenError } from "./refusal.ts";

/** Returns the claims of an encrypted token from the cookie `name`, or throws why it is not accepted. */
export type Decrypt = (token: string, name: string) => Promise<JWTPayload>;

/** A key derived from a secret. */
interface DerivedKey {
  readonly bytes: Uint8Array;
  /** The id of the key in tokens of Auth.js v5. */
  readonly id: string;
}

/** What a key is derived for. */
interface Derivation {
  readonly salt: string;
  readonly info: string;
}

/** Bytes of the key, by content encryption. */
const KEY_BYTES: Readonly<Record<string, number>> = { "A256CBC-HS512": 64, A256GCM: 32 };
/** A session of eight chunks. */
const MAX_LENGTH = 32_768;
/** Names of cookies for which keys are remembered: with a pattern, callers choose them. */
const MAX_NAMES = 100;
/** NextAuth v4 derives one key for all cookies. */
const V4: Derivation = { salt: "", info: "NextAuth.js Generated Encryption Key" };
const FORM = /^[\w-]+\.[\w-]*\.[\w-]+\.[\w-]+\.[\w-]+$/;
const UNDECRYPTED =
  "no AUTH_SECRET decrypts it: either the login has another secret, or the cookie had another name";

const encoder = new TextEncoder();

/** Whether a token has the form of an encrypted one. */
export function isEncrypted(token: string): boolean {
  return FORM.test(token);
}

/** Creates the function that decrypts tokens, with any of the secrets. */
export function createDecrypt(secrets: readonly string[], clock: Pick<Clock, "now">): Decrypt {
  const derived = new Map<string, Promise<readonly DerivedKey[]>>();

  /** The keys for a cookie, remembered: each costs four hashes and more. */
  function keysFor(enc: string, name: string): Promise<readonly DerivedKey[]> {
    const id = `${enc} ${name}`;
    const known = derived.get(id);
    if (known !== undefined) return known;
    if (derived.size >= MAX_NAMES) derived.clear();
    const ways = enc === "A256GCM" ? [V4, derivationOf(name)] : [derivationOf(name)];
    const keys = Promise.all(
      ways.flatMap((way) => secrets.map((secret) => derive(secret, way, KEY_BYTES[enc] ?? 0))),
    );
    derived.set(id, keys);
    return keys;
  }

  return async function decrypt(token, name) {
    if (token.length > MAX_LENGTH) {
      throw new RefusedTokenError("too_long", `it is longer than ${MAX_LENGTH} characters`);
    }
    const { enc, kid } = readHeader(token);
    const keys = await keysFor(enc, name);
    const currentDate = new Date(clock.now());
    for (const { bytes } of kid === undefined ? keys : keys.filter(({ id }) => id === kid)) {
      const payload = await tryKey(token, bytes, currentDate);
      if (payload === null) continue;
      assertNotExpired(payload, currentDate);
      return payload;
    }
    throw new RefusedTokenError("decryption", UNDECRYPTED);
  };
}

/** Auth.js v5 derives a key for each name of a cookie. */
function derivationOf(name: string): Derivation {
  return { salt: name, info: `Auth.js Generated Encryption Key (${name})` };
}

async function derive(
  secret: string,
  { salt, info }: Derivation,
  length: number,
): Promise<DerivedKey> {
  const material = await crypto.subtle.importKey("raw", encoder.encode(secret), "HKDF", false, [
    "deriveBits",
  ]);
  const parameters = {
    name: "HKDF",
    hash: "SHA-256",
    salt: encoder.encode(salt),
    info: encoder.encode(info),
  };
  const bytes = new Uint8Array(await crypto.subtle.deriveBits(parameters, material, length * 8));
  const jwk = { kty: "oct", k: base64url.encode(bytes) };
  return { bytes, id: await calculateJwkThumbprint(jwk, length === 64 ? "sha512" : "sha256") };
}

function readHeader(token: string): { enc: string; kid: unknown } {
  const { alg, enc, kid } = decodeHeader(token);
  if (alg === "dir" && typeof enc === "string" && Object.hasOwn(KEY_BYTES, enc)) {
    return { enc, kid };
  }
  throw new RefusedTokenError(
    "algorithm",
    `its encryption is not accepted, must be dir with ${Object.keys(KEY_BYTES).join(" or ")}`,
  );
}

function decodeHeader(token: string): ReturnType<typeof decodeProtectedHeader> {
  try {
    return decodeProtectedHeader(token);
  } catch {
    throw new RefusedTokenError("malformed", "it is not a valid JWT");
  }
}

/** The claims, or `null` if it is the wrong key. */
async function tryKey(
  token: string,
  key: Uint8Array,
  currentDate: Date,
): Promise<JWTPayload | null> {
  try {
    const { payload } = await jwtDecrypt(token, key, {
      keyManagementAlgorithms: ["dir"],
      contentEncryptionAlgorithms: Object.keys(KEY_BYTES),
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      currentDate,
    });
    return payload;
  } catch (error) {
    if (error instanceof errors.JWEDecryptionFailed) return null;
    throw error;
  }
}
