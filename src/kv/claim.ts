/** What KV remembers of an event under its fingerprint or idempotency key. */

/** The value of a `["dedupe", …]` or `["idempotency", …]` key. */
export interface Claim {
  /** Epoch milliseconds. KV's `expireIn` means "not before", so the deadline is kept and honoured. */
  readonly deadline: number;
  /** The event that holds the claim. */
  readonly eventId: string;
  /** The segment that the event was buffered in: gone once it has left the buffer. */
  readonly segment: string;
  /** Of what the client sent; idempotency keys only. */
  readonly contentHash?: string;
  /** Postgres refused the event, so that it never became a row. */
  readonly refused?: true;
}
