/** The port through which a flush leaves work for later, in its own commit. */

import type { AtomicOperation } from "./port.ts";

/** Where a flush leaves work on events that became rows. */
export interface Outbox {
  /** How many copies of each segment `add` writes at most; the caller must bound its operation by it. */
  readonly copies: number;
  /** Adds records of events to an atomic operation; each is a segment of lines (see `segment.ts`). */
  add(operation: AtomicOperation, segments: readonly Uint8Array[]): void;
}
