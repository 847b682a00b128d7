/** The steps of an event until it is durable: rate limit, overload check, admission, buffer. */

import { getLogger } from "@logtape/logtape";
import type { Admit } from "./admission/admit.ts";
import type { Ingest } from "./events/ingest.ts";
import type { TokenRefusal } from "./events/identification.ts";
import { allows, describeMissing } from "./events/api_key.ts";
import type {
  BufferOutcome,
  Forbidden,
  Limited,
  Outcome,
  Unauthorized,
  Unidentified,
} from "./events/outcome.ts";
import type { AcceptedEvent, Caller } from "./events/types.ts";
import type { RateLimit } from "./limits/rate_limit.ts";

/** The steps, and the observer of every outcome. */
export interface IngestSteps {
  readonly limit: LimitCaller;
  /** Whether events of anonymous callers are refused. */
  readonly requiresKey: boolean;
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

/** Creates the check of the rate limit. */
export function createLimitCaller(limit: RateLimit, eventsPerSecond: number | null): LimitCaller {
  return function limitCaller(caller, events) {
    const retryAfterSeconds = limit(caller, events);
    if (retryAfterSeconds === null) return null;
    const own = caller.key?.eventsPerSecond ?? null;
    const message = own === null
      ? `More than ${eventsPerSecond} events per second (RATE_LIMIT_EVENTS_PER_SECOND)`
      : `More than ${own} events per second (the limit of the API key)`;
    return { kind: "limited", message, retryAfterSeconds };
  };
}

const UNIDENTIFIED: Readonly<Record<"token" | "key", Unidentified>> = {
  token: { kind: "unidentified" },
  key: { kind: "unidentified", message: "The API key cannot be verified yet" },
};

const KEY_REQUIRED: Unauthorized = {
  kind: "unauthorized",
  reason: "required",
  message: "Events of anonymous senders are not accepted (REQUIRE_KEY): send an API key as " +
    '"Authorization: Bearer sluice_key_…" or "X-Api-Key: sluice_key_…", or the token of a user',
};

/** Why events of a caller are not accepted (contract 13.2, 13.3), or `null`. */
function checkCaller(caller: Caller, requiresKey: boolean): Unauthorized | Forbidden | null {
  const { key, keyRefusal, refusal } = caller;
  if (keyRefusal !== undefined) return { ...keyRefusal, kind: "unauthorized" };
  if (key !== undefined) {
    if (allows(key, "ingest")) return null;
    return { kind: "forbidden", scope: "ingest", message: describeMissing(key, "ingest") };
  }
  if (!requiresKey || caller.identity !== null || caller.isUnnamed) return null;
  if (refusal === undefined) return KEY_REQUIRED;
  const message = `${KEY_REQUIRED.message}. The token is not accepted: ${refusal.message}`;
  return { ...KEY_REQUIRED, message };
}

/** Creates the function that all endpoints call with an event. */
export function createIngest(steps: IngestSteps): Ingest {
  const { limit, requiresKey, checkOverload, admit, append, onOutcome } = steps;

  function runSteps(raw: unknown, caller: Caller): Outcome | Promise<Outcome> {
    const limited = limit(caller);
    if (limited !== null) return limited;
    if (caller.unverified) return UNIDENTIFIED[caller.unverified];
    const refused = checkCaller(caller, requiresKey);
    if (refused !== null) return refused;
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
