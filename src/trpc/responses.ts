/** Turns outcomes into the responses of `track` and `trackBatch` (contract sections 2 and 3). */

import { TRPCError } from "@trpc/server";
import { type Outcome, OUTCOMES } from "../events/outcome.ts";
import type { BatchResult, EventCreated } from "../events/responses.ts";
import { SEND_AGAIN } from "../events/send_again.ts";
import { describeZodError } from "../events/schema.ts";
import type { ResponseHeaders } from "./init.ts";

/**
 * The response of `track`.
 *
 * @throws {TRPCError} where the outcome is an error of contract section 2
 */
export function toTrackResponse(outcome: Outcome, headers: ResponseHeaders): EventCreated {
  const { error, tracked } = OUTCOMES[outcome.kind];
  if (error === null) {
    if (outcome.kind !== "replayed") return { eventId: null, tracked };
    headers.set("Idempotent-Replayed", "true");
    return { eventId: outcome.eventId, tracked };
  }
  if ("retryAfterSeconds" in outcome) {
    headers.set("Retry-After", String(outcome.retryAfterSeconds));
  }
  if ("message" in outcome) throw new TRPCError({ code: error, message: outcome.message });
  throw new TRPCError({ code: error, cause: "error" in outcome ? outcome.error : undefined });
}

/** One event's entry in a batch response: what is not stored is rejected (contract 3.2, 3.3). */
export function toBatchResult(outcome: Outcome, index: number): BatchResult {
  if (!OUTCOMES[outcome.kind].tracked) {
    return { index, status: "rejected", data: null, error: batchError(outcome) };
  }
  const eventId = outcome.kind === "replayed" ? outcome.eventId : null;
  return { index, status: "fulfilled", data: { eventId, tracked: true }, error: null };
}

function batchError(outcome: Outcome): string {
  if (outcome.kind === "invalid") return describeZodError(outcome.error);
  if (outcome.kind === "conflict") return `CONFLICT: ${outcome.message}`;
  const { message, sendAgain } = OUTCOMES[outcome.kind];
  const text = "message" in outcome ? outcome.message : message ?? "Internal server error";
  if (!sendAgain) return text;
  return "retryAfterSeconds" in outcome
    ? `${text}; ${SEND_AGAIN} in ${outcome.retryAfterSeconds} s`
    : `${text}; ${SEND_AGAIN}`;
}

/** Sets `Retry-After` to the longest wait of the events that may be accepted later (contract 2.8). */
export function setRetryAfter(outcomes: readonly Outcome[], headers: ResponseHeaders): void {
  const seconds = outcomes.map((outcome) =>
    "retryAfterSeconds" in outcome ? outcome.retryAfterSeconds : 0
  );
  const longest = Math.max(0, ...seconds);
  if (longest > 0) headers.set("Retry-After", String(longest));
}
