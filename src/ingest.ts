/** The steps of an event until it is durable: rate limit, overload check, admission, buffer. */

import { getLogger } from "@logtape/logtape";
import type { Admit } from "./admission/admit.ts";
import type { Ingest } from "./events/ingest.ts";
import type { TokenRefusal } from "./events/identification.ts";
import type { BufferOutcome, Outcome } from "./events/outcome.ts";
import type { AcceptedEvent, Caller } from "./events/types.ts";
import type { RateLimit } from "./limits/rate_limit.ts";

/** The steps, and the observer of every outcome. */
export interface IngestSteps {
  readonly limit: RateLimit;
  /** The message for a caller over the limit. */
  readonly limitMessage: string;
  /**
   * Returns why the buffer cannot take one more event, or `null`. This is the only check of capacity: no
   * step between it and `append` may wait, or other events could take the capacity that was found.
   */
  readonly checkOverload: () => BufferOutcome | null;
  readonly admit: Admit;
  readonly append: (event: AcceptedEvent) => Promise<BufferOutcome>;
  readonly onOutcome: (raw: unknown, outcome: Outcome, refusal?: TokenRefusal) => void;
}

const logger = getLogger(["sluice", "ingest"]);

/** Creates the function that all endpoints call with an event. */
export function createIngest(steps: IngestSteps): Ingest {
  const { limit, limitMessage, checkOverload, admit, append, onOutcome } = steps;

  function runSteps(raw: unknown, caller: Caller): Outcome | Promise<Outcome> {
    const retryAfterSeconds = limit(caller);
    if (retryAfterSeconds !== null) {
      return { kind: "limited", message: limitMessage, retryAfterSeconds };
    }
    if (caller.unjudged) return { kind: "unidentified" };
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
