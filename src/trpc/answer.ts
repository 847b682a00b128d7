/** From an event's outcome to what the caller of a procedure gets (contract sections 2 and 3). */

import { TRPCError } from "@trpc/server";
import type { Outcome } from "../events/outcome.ts";
import { SEND_AGAIN } from "../events/send_again.ts";
import { zodSentence } from "../events/schema.ts";
import type { AnswerHeaders } from "./init.ts";

/** The answer of `track`. */
export interface EventCreated {
  eventId: string | null;
  tracked: boolean;
}

/** One event's answer within a batch. */
export interface BatchResult {
  index: number;
  status: "fulfilled" | "rejected";
  data: EventCreated | null;
  error: string | null;
}

/** The answer of `track`. */
export function answerOf(outcome: Outcome, headers: AnswerHeaders): EventCreated {
  switch (outcome.kind) {
    case "accepted":
    case "duplicate":
      return { eventId: null, tracked: true };
    case "replayed":
      headers.set("Idempotent-Replayed", "true");
      return { eventId: outcome.eventId, tracked: true };
    case "unavailable":
      return { eventId: null, tracked: false };
    case "conflict":
      throw new TRPCError({ code: "CONFLICT", message: outcome.message });
    case "invalid":
      throw new TRPCError({ code: "BAD_REQUEST", cause: outcome.error });
    case "refused":
      throw new TRPCError({ code: "PRECONDITION_FAILED", message: outcome.message });
    case "too_large":
      throw new TRPCError({ code: "PAYLOAD_TOO_LARGE", message: outcome.message });
    case "limited":
    case "overloaded":
      headers.set("Retry-After", String(outcome.retryAfterSeconds));
      throw new TRPCError({ code: "TOO_MANY_REQUESTS", message: outcome.message });
    case "failed":
      throw new TRPCError({ code: "INTERNAL_SERVER_ERROR", cause: outcome.error });
  }
}

/** The answer to one event of a batch: what is not stored is rejected (contract 3.2, 3.3). */
export function resultOf(outcome: Outcome, index: number): BatchResult {
  switch (outcome.kind) {
    case "accepted":
    case "duplicate":
      return fulfilled(index, null);
    case "replayed":
      return fulfilled(index, outcome.eventId);
    case "unavailable":
      return rejected(index, `The event could not be stored; ${SEND_AGAIN}`);
    case "conflict":
      return rejected(index, `CONFLICT: ${outcome.message}`);
    case "invalid":
      return rejected(index, zodSentence(outcome.error));
    case "refused":
    case "too_large":
      return rejected(index, outcome.message);
    case "limited":
    case "overloaded":
      return rejected(index, `${outcome.message}; ${SEND_AGAIN} in ${outcome.retryAfterSeconds} s`);
    case "failed":
      return rejected(index, `Something went wrong; ${SEND_AGAIN}`);
  }
}

/** Says when to come back with the events of a batch that found no room (contract 2.8). */
export function setRetryAfter(outcomes: readonly Outcome[], headers: AnswerHeaders): void {
  const seconds = outcomes.map((outcome) =>
    "retryAfterSeconds" in outcome ? outcome.retryAfterSeconds : 0
  );
  const longest = Math.max(0, ...seconds);
  if (longest > 0) headers.set("Retry-After", String(longest));
}

function fulfilled(index: number, eventId: string | null): BatchResult {
  return { index, status: "fulfilled", data: { eventId, tracked: true }, error: null };
}

function rejected(index: number, error: string): BatchResult {
  return { index, status: "rejected", data: null, error };
}
