/** An event that waits for its commit. */

import type { BufferOutcome } from "../events/outcome.ts";
import type { AcceptedEvent } from "../events/types.ts";
import type { Hash } from "./half_sip_hash.ts";

/** A pending event. */
export interface Pending {
  readonly event: AcceptedEvent;
  /** Of its fingerprint; `null` without one. */
  readonly hash: Hash | null;
  /** Resolves the promise of `GroupCommit.append`. */
  readonly settle: (outcome: BufferOutcome) => void;
  isSettled: boolean;
  /** The version of the expired claim that this event replaces, `null` if there is none. */
  expected: string | null;
  /** Events that came later with the same dedup key; they are settled when this one is. */
  duplicates: Pending[] | null;
}
