/** A queued event. */

import type { QueuedEvent } from "./types.ts";

/** How a record left the queue. */
export type RecordOutcome = "sent" | "rejected" | "dropped";

/** A queued event, in memory and on disk: its property names are stored and must not be mangled. */
export interface QueueRecord {
  /** A version 7 UUID, so that ids sort in the order of the calls. */
  readonly id: string;
  readonly event: QueuedEvent;
  /** When it happened by this machine's clock, epoch milliseconds; `null` if that is not a valid time. */
  readonly at: number | null;
  /** The user it belongs to: the claim `sub` of the token; `null` if anonymous. */
  readonly by: string | null;
  /** Whether it is dropped first when the queue is full. */
  readonly low: boolean;
  /** Sent at page exit, and not yet confirmed. Only the page that tracked the event sets it. */
  beaconed?: boolean;
  /** Only the page that tracked the event sets it. */
  outcome?: RecordOutcome;
}
