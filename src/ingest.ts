/** The way of an event up to its answer: limit, room, admission, buffer. Everything else happens later. */

import { getLogger } from "@logtape/logtape";
import type { Admit } from "./admission/admit.ts";
import type { Ingest } from "./events/ingest.ts";
import type { Buffered, Outcome } from "./events/outcome.ts";
import type { AcceptedEvent, Caller } from "./events/types.ts";
import type { RateLimit } from "./limits/rate_limit.ts";

/** The steps, and who is told of every outcome. */
export interface IngestSteps {
  readonly limit: RateLimit;
  /** What a caller over the limit is told. */
  readonly limited: string;
  /** Whether there is no room, before the work that it would be in vain to do. */
  readonly overload: () => Buffered | null;
  readonly admit: Admit;
  readonly append: (event: AcceptedEvent) => Promise<Buffered>;
  readonly onOutcome: (raw: unknown, outcome: Outcome) => void;
}

const logger = getLogger(["sluice", "ingest"]);

/** Makes the function that takes events. */
export function createIngest(steps: IngestSteps): Ingest {
  const { limit, limited, overload, admit, append, onOutcome } = steps;

  function runSteps(raw: unknown, caller: Caller): Outcome | Promise<Outcome> {
    const retryAfterSeconds = limit(caller);
    if (retryAfterSeconds !== null) {
      return { kind: "limited", message: limited, retryAfterSeconds };
    }
    const refusal = overload();
    if (refusal !== null) return refusal;
    const admission = admit(raw, caller);
    return admission.ok ? append(admission.event) : admission.rejection;
  }

  return async function ingest(raw, caller) {
    let outcome: Outcome;
    try {
      outcome = await runSteps(raw, caller);
    } catch (error) {
      logger.error("An event failed: {error}", { error }); // and not its neighbours in a batch (3.2)
      outcome = { kind: "failed", error };
    }
    onOutcome(raw, outcome);
    return outcome;
  };
}
