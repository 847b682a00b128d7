/** An event on its way into the buffer. */

import type { Buffered } from "../events/outcome.ts";
import type { AcceptedEvent } from "../events/types.ts";

/** An event that waits for its answer. */
export interface Pending {
  readonly event: AcceptedEvent;
  readonly answer: (outcome: Buffered) => void;
  /** The version of an expired claim that this event may replace. */
  expected: string | null;
}
