/** The algorithms of signatures, and what each requires of its key (contract 6.12). */

import type { JWK } from "jose";

/** Those of `AUTH_JWT_SECRET`, and the bytes that a secret for them must have (RFC 7518, 3.2). */
const BY_SECRET: ReadonlyMap<string, number> = new Map([["HS256", 32], ["HS384", 48], [
  "HS512",
  64,
]]);

/** Those of `AUTH_JWKS_URL`: a key of another type, curve or algorithm does not verify them. */
const BY_KEYS: ReadonlySet<string> = new Set(
  ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"],
);
/** The name of EdDSA with this curve in RFC 9864. */
const ED25519 = "Ed25519";
const CURVES: Readonly<Record<string, ReadonlySet<unknown>>> = {
  EC: new Set(["P-256", "P-384", "P-521"]),
  OKP: new Set([ED25519]),
};

/** How many bytes the secret of an HMAC must have; `null` for any other algorithm. */
export function minSecretBytes(alg: unknown): number | null {
  return BY_SECRET.get(String(alg)) ?? null;
}

/** Whether the keys of a set may verify an algorithm. */
export function isOfKeys(alg: unknown): boolean {
  return BY_KEYS.has(String(alg)) || alg === ED25519;
}

/** The names of what is accepted with a secret of so many bytes, or none, and with or without keys. */
export function acceptedAlgorithms(secretBytes: number, hasKeys: boolean): readonly string[] {
  const bySecret = [...BY_SECRET].filter(([, min]) => secretBytes >= min).map(([alg]) => alg);
  return hasKeys ? [...bySecret, ...BY_KEYS] : bySecret;
}

/**
 * A member of a key set with which `jose` verifies signatures, or `null`. Sets may contain any others,
 * too: keys for encryption, secrets, and kinds from the future.
 */
export function readPublicKey(member: unknown): JWK | null {
  if (typeof member !== "object" || member === null) return null;
  const { kty, n, crv, x, use, alg, key_ops, d } = member as Record<string, unknown>;
  const isOfKind = kty === "RSA"
    ? typeof n === "string"
    : x !== undefined && CURVES[String(kty)]?.has(crv);
  const isToVerify = (use === undefined || use === "sig") &&
    (alg === undefined || isOfKeys(alg)) &&
    (key_ops === undefined || Array.isArray(key_ops) && key_ops.includes("verify"));
  // A private key: anyone who can read the set could sign tokens with it.
  if (!isOfKind || !isToVerify || d !== undefined) return null;
  // The curve says it all, and a token may use the other name.
  const { alg: _, ...withoutAlgorithm } = member as JWK;
  return kty === "OKP" ? withoutAlgorithm : member as JWK;
}
