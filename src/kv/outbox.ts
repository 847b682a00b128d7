/** The port through which a flush leaves work for later, in its own commit. */

import type { AtomicOperation } from "./port.ts";

/** Work to do on events that became rows. */
export interface Outbox {
  /** How often each segment is written at most: the caller bounds what it adds to one operation by this. */
  readonly copies: number;
  /** Adds records of events to an atomic operation; each is a segment of lines (see `segment.ts`). */
  add(operation: AtomicOperation, segments: readonly Uint8Array[]): void;
}
