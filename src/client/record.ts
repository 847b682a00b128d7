/** An event in the queue. */

import type { QueuedEvent } from "./types.ts";

/** How a record left the queue. */
export type Fate = "sent" | "rejected" | "dropped";

/** What is kept of an event until the service has answered for it. */
export interface QueueRecord {
  /** A UUID version 7, so that records are in the order of their calls. */
  readonly id: string;
  readonly event: QueuedEvent;
  /** When it happened by this machine's clock, epoch milliseconds; `null` where that is no time. */
  readonly at: number | null;
  /** Whose event it is: the claim `sub` of the token; `null` for nobody's. */
  readonly by: string | null;
  /** Leaves first when the queue is full. */
  readonly low: boolean;
  /** Given to a beacon; it stays until an answer confirms it. Set by the page that tracked it, as is the next. */
  beaconed?: boolean;
  fate?: Fate;
}

/** Whether a record may not leave now: the visitor has opted out, or its owner's token is missing. */
export type IsHeld = (record: QueueRecord) => unknown;

/** Keeps records over the end of a page. Every function may reject. */
export interface Store {
  put(record: QueueRecord): Promise<unknown>;
  read(): Promise<QueueRecord[]>;
  remove(ids: readonly string[]): Promise<unknown>;
}
