/** Fingerprints and content hashes, by which duplicates and replays are recognised (contract 5.1, 2.3). */

import { createHash } from "node:crypto";

/** The parts of a fingerprint. */
export interface FingerprintInput {
  readonly eventType: string;
  readonly userId: string | null;
  readonly entityId: string | null;
  readonly sessionId: string | null;
  readonly occurredAtMs: number;
}

/** A fingerprint; `second` leads its key in KV. */
export interface Fingerprint {
  readonly second: number;
  /**
   * All parts as JSON, or their hash (32 hexadecimal digits) if that is longer than `MAX_FINGERPRINT` or
   * there are details.
   */
  readonly value: string;
}

/** The longest unhashed fingerprint, in UTF-16 units. Most are shorter, which saves a hash: 8 % of a request. */
export const MAX_FINGERPRINT = 150;

// 128 bits of SHA-256: a collision, accidental or crafted, would silently lose an event.
const HASH_DIGITS = 32;

// node:crypto is synchronous: 1.1 µs an event instead of 30 µs with crypto.subtle. Only hex digests have
// a fast path: bytes or base64 take 5 µs.
function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, HASH_DIGITS);
}

/**
 * The fingerprint of contract 5.1; `occurred_at` counts to the nearest second.
 *
 * @param details more JSON that distinguishes events, hashed so that the fingerprint does not reveal it;
 * `null` if there is none
 */
export function computeFingerprint(
  input: FingerprintInput,
  details: unknown = null,
): Fingerprint {
  const second = Math.round(input.occurredAtMs / 1000);
  const parts = [
    input.eventType,
    input.userId ?? "anonymous",
    input.entityId,
    input.sessionId?.toLowerCase() ?? null,
    second,
  ];
  if (details !== null) return { second, value: hashContent([...parts, details]) };
  const text = JSON.stringify(parts);
  return { second, value: text.length <= MAX_FINGERPRINT ? text : sha256(text) };
}

/**
 * Hashes an event's content, independent of key order: tells the replay of an idempotency key from its
 * use for another event. Caller and time of receipt are left out: a retry may come after the caller's
 * token has expired.
 *
 * @returns 32 hexadecimal digits
 */
export function hashContent(content: unknown): string {
  return sha256(canonicalJson(content));
}

/** JSON with sorted keys. The schema bounds the depth. */
function canonicalJson(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  const object = value as Readonly<Record<string, unknown>>;
  let members = "";
  for (const key of Object.keys(object).sort()) {
    const member = object[key];
    if (member === undefined) continue;
    members += `${members === "" ? "" : ","}${JSON.stringify(key)}:${canonicalJson(member)}`;
  }
  return `{${members}}`;
}
