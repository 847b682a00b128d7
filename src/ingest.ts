/** The steps of a request with an event: rate limit, overload check, admission, buffer. The rest is asynchronous. */

import { getLogger } from "@logtape/logtape";
import type { Admit } from "./admission/admit.ts";
import type { Ingest } from "./events/ingest.ts";
import type { Buffered, Outcome } from "./events/outcome.ts";
import type { AcceptedEvent, Caller } from "./events/types.ts";
import type { RateLimit } from "./limits/rate_limit.ts";

/** The steps, and the observer of every outcome. */
export interface IngestSteps {
  readonly limit: RateLimit;
  /** The message for a caller over the limit. */
  readonly limitMessage: string;
  /**
   * Why the buffer has no capacity for one more event. The only check of it: no step between here and
   * `append` may wait, or other events could take the capacity that was found.
   */
  readonly overload: () => Buffered | null;
  readonly admit: Admit;
  readonly append: (event: AcceptedEvent) => Promise<Buffered>;
  readonly onOutcome: (raw: unknown, outcome: Outcome) => void;
}

const logger = getLogger(["sluice", "ingest"]);

/** Creates the function that all endpoints call with an event. */
export function createIngest(steps: IngestSteps): Ingest {
  const { limit, limitMessage, overload, admit, append, onOutcome } = steps;

  function runSteps(raw: unknown, caller: Caller): Outcome | Promise<Outcome> {
    const retryAfterSeconds = limit(caller);
    if (retryAfterSeconds !== null) {
      return { kind: "limited", message: limitMessage, retryAfterSeconds };
    }
    const overloaded = overload();
    if (overloaded !== null) return overloaded;
    const admission = admit(raw, caller);
    return admission.ok ? append(admission.event) : admission.rejection;
  }

  return async function ingest(raw, caller) {
    let outcome: Outcome;
    try {
      outcome = await runSteps(raw, caller);
    } catch (error) {
      logger.error("An event failed: {error}", { error }); // the rest of a batch continues (contract 3.2)
      outcome = { kind: "failed", error };
    }
    onOutcome(raw, outcome);
    return outcome;
  };
}
