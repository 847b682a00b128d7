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
