/** The steps of an event until it is durable: rate limit, overload check, admission, buffer. */

import { getLogger } from "@logtape/logtape";
import type { Admit } from "./admission/admit.ts";
import type { Ingest } from "./events/ingest.ts";
import type { TokenRefusal } from "./events/identification.ts";
import type { BufferOutcome, Limited, Outcome } from "./events/outcome.ts";
import type { AcceptedEvent, Caller } from "./events/types.ts";
import type { RateLimit } from "./limits/rate_limit.ts";

/** The steps, and the observer of every outcome. */
export interface IngestSteps {
  readonly limit: LimitCaller;
  /**
   * Returns why the buffer cannot take one more event, or `null`. This is the only check of capacity: no
   * step between it and `append` may wait, or other events could take the capacity that was found.
   */
  readonly checkOverload: () => BufferOutcome | null;
  readonly admit: Admit;
  readonly append: (event: AcceptedEvent) => Promise<BufferOutcome>;
  readonly onOutcome: (raw: unknown, outcome: Outcome, refusal?: TokenRefusal) => void;
}

/** Counts events (1 unless given) against the caller's rate limit; the rejection if it is over it. */
export type LimitCaller = (caller: Caller, events?: number) => Limited | null;

const logger = getLogger(["sluice", "ingest"]);

/** Creates the check of the rate limit; `message` is for a caller over it. */
export function createLimitCaller(limit: RateLimit, message: string): LimitCaller {
  return function limitCaller(caller, events) {
    const retryAfterSeconds = limit(caller, events);
    return retryAfterSeconds === null ? null : { kind: "limited", message, retryAfterSeconds };
  };
}

/** Creates the function that all endpoints call with an event. */
export function createIngest(steps: IngestSteps): Ingest {
  const { limit, checkOverload, admit, append, onOutcome } = steps;

  function runSteps(raw: unknown, caller: Caller): Outcome | Promise<Outcome> {
    const limited = limit(caller);
    if (limited !== null) return limited;
    if (caller.unverified) return { kind: "unidentified" };
    const overloaded = checkOverload();
    if (overloaded !== null) return overloaded;
    const admission = admit(raw, caller);
    return admission.ok ? append(admission.event) : admission.rejection;
  }

  return async function ingest(raw, caller) {
    let outcome: Outcome;
    try {
      outcome = await runSteps(raw, caller);
    } catch (error) {
      logger.error("Unexpected error for an event: {error}", { error }); // the rest of a batch continues (contract 3.2)
      outcome = { kind: "failed", error };
    }
    onOutcome(raw, outcome, caller.refusal);
    return outcome;
  };
}
