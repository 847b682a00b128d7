/** The port through which a flush leaves work behind, in its own commit. */

import type { AtomicOperation } from "./port.ts";

/** Work to do on events that became rows. */
export interface Outbox {
  /** Puts records of events into an atomic operation; each is a segment of lines (see `line.ts`). */
  add(operation: AtomicOperation, segments: readonly Uint8Array[]): void;
}
