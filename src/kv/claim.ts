/** The claim of an event on its fingerprint or idempotency key. */

/** The value of a `["dedupe", …]` or `["idempotency", …]` key. */
export interface Claim {
  /** Epoch milliseconds. KV may keep the entry for longer than `expireIn`; the claim ends here. */
  readonly deadline: number;
  /** The event that holds the claim. */
  readonly eventId: string;
  /** The segment that the event was buffered in; it is deleted when the event leaves the buffer. */
  readonly segment: string;
  /** Hash of what the client sent; idempotency keys only. */
  readonly contentHash?: string;
  /** The event is a dead letter and so has no row. */
  readonly deadLettered?: true;
}

/** The end of the year 9999, in epoch milliseconds: what is written with it must be able to expire. */
const MAX_MS = 253_402_300_799_999;

/** Whether a value of KV is a claim. What is damaged counts as none, so that it can stop neither flush nor request. */
export function isClaim(value: unknown): value is Claim {
  if (typeof value !== "object" || value === null) return false;
  const { deadline, eventId, segment } = value as Record<keyof Claim, unknown>;
  return Number.isSafeInteger(deadline) && Math.abs(Number(deadline)) <= MAX_MS &&
    typeof eventId === "string" && UUID.test(eventId) && typeof segment === "string";
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
