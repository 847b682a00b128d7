/** What makes two events the same (contract 5.1, 2.3). */

import { createHash } from "node:crypto";

/** The fingerprint's parts. */
export interface FingerprintInput {
  readonly eventType: string;
  readonly userId: string | null;
  readonly entityId: string | null;
  readonly sessionId: string | null;
  readonly occurredAtMs: number;
}

/** The second that leads the fingerprint's key in KV, and what stands for all parts. */
export interface Fingerprint {
  readonly second: number;
  /** All parts as JSON; 32 hexadecimal digits, their hash, where that is longer than `MAX_FINGERPRINT`. */
  readonly value: string;
}

/** UTF-16 units of a fingerprint. Most events have fewer, and are spared the hash: a twelfth of their way. */
export const MAX_FINGERPRINT = 150;

// 128 bits of SHA-256: an accidental or crafted collision would lose an event without a trace.
const HASH_DIGITS = 32;

// node:crypto is synchronous: 1.1 µs an event, against 30 µs through crypto.subtle. Digits are asked for
// as there is a short way to them alone: bytes or base64 take 5 µs.
function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, HASH_DIGITS);
}

/** Event type, user id or `anonymous`, entity id, session id, `occurred_at` to the nearest second. */
export function computeFingerprint(input: FingerprintInput): Fingerprint {
  const second = Math.round(input.occurredAtMs / 1000);
  const parts = [
    input.eventType,
    input.userId ?? "anonymous",
    input.entityId,
    input.sessionId?.toLowerCase() ?? null,
    second,
  ];
  const text = JSON.stringify(parts);
  return { second, value: text.length <= MAX_FINGERPRINT ? text : sha256(text) };
}

/**
 * Hash of what a client sent, whatever the order of its keys: tells the replay of an idempotency key
 * from its use for another event. Neither caller nor time of receipt count: a retry may come after
 * the caller's token has expired. 32 hexadecimal digits.
 */
export function hashContent(content: unknown): string {
  return sha256(canonicalJson(content));
}

/** JSON with the keys of every object in order. Depth is bounded by the schema. */
function canonicalJson(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => a < b ? -1 : 1)
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
  return `{${members.join(",")}}`;
}
