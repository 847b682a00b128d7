/**
 * Every event gets exactly one outcome. `OUTCOMES` says what each means to callers, metrics,
 * reconciliation and the dashboard; nothing else decides that by kind.
 */

import type { z } from "zod";
import type { Scope } from "./api_key.ts";

/** Why an event was not admitted. */
export type Rejection =
  /** 2.5: the schema is violated. */
  | { readonly kind: "invalid"; readonly error: z.ZodError }
  /** 2.6: a business rule of section 4 is violated; the message names the rule and the field. */
  | { readonly kind: "rule_violated"; readonly rule: BusinessRule; readonly message: string }
  /** 2.7: larger than 32 KiB as JSON. */
  | { readonly kind: "too_large"; readonly message: string };

/** The business rules of contract section 4; breaking one is a 412. */
export type BusinessRule = "occurred_at" | "required_props" | "known_event_type";

/** The outcome of an admitted event. */
export type BufferOutcome =
  /** 2.1: durable, will become a row. */
  | { readonly kind: "accepted" }
  /** 2.2: the same fingerprint was seen within the TTL; nothing stored. */
  | { readonly kind: "duplicate" }
  /** 2.3: the same idempotency key and event; `eventId` once the first one is a row. */
  | { readonly kind: "replayed"; readonly eventId: string | null }
  /** 2.4: the same idempotency key with another event; nothing stored. */
  | { readonly kind: "conflict"; readonly message: string }
  /** 2.8: the buffer is full or the wait for a commit too long; nothing stored. */
  | { readonly kind: "overloaded"; readonly message: string; readonly retryAfterSeconds: number }
  /** 2.9: KV cannot be written, perhaps because its disk is full (8.13); nothing stored. */
  | { readonly kind: "unavailable"; readonly cause?: "disk_full" }
  /** 2.10: an unexpected error; the event may or may not be stored. */
  | { readonly kind: "failed"; readonly error: unknown };

/** 2.8: the caller is over its rate limit; nothing stored. */
export interface Limited {
  readonly kind: "limited";
  readonly message: string;
  readonly retryAfterSeconds: number;
}

/** 13.2: the caller's API key is not accepted, or there is none and one is required; nothing stored. */
export interface Unauthorized {
  readonly kind: "unauthorized";
  readonly reason: "mistyped" | "unknown" | "revoked" | "required";
  readonly message: string;
}

/** 13.3: the caller's API key lacks a scope; nothing stored. */
export interface Forbidden {
  readonly kind: "forbidden";
  readonly scope: Scope;
  readonly message: string;
}

/** 2.9: the caller's token or API key cannot be verified at the moment, so that the caller is unknown; nothing stored. */
export interface Unidentified {
  readonly kind: "unidentified";
  /** Absent for a token. */
  readonly message?: string;
}

/** The one outcome of an event. */
export type Outcome =
  | Rejection
  | Limited
  | Unauthorized
  | Forbidden
  | Unidentified
  | BufferOutcome;

/** The name of an outcome; metrics use it as a label. */
export type OutcomeKind = Outcome["kind"];

/** What an outcome means, whatever its own fields say. */
export interface OutcomeMeaning {
  /** The rule of the contract that defines it. */
  readonly rule: string;
  /** The tRPC error that `track` responds with, which implies the HTTP status; `null`: 200. */
  readonly error: ErrorCode | null;
  /** The field `tracked` of a 200 response; in a batch, whether the event is `fulfilled`. */
  readonly tracked: boolean;
  /** Whether the caller is what is not accepted, so that a batch is rejected as a whole (contract 3.6). */
  readonly ofCaller: boolean;
  /** Whether the same event may be accepted later: its error ends with `SEND_AGAIN` (contract 3.2). */
  readonly sendAgain: boolean;
  /** The reconciliation counter, and the metric, that the event is added to. */
  readonly counter: "accepted" | "duplicates" | "rejected";
  /** That metric's label `by` or `reason`; see `outcomeLabel`. Accepted events have no label there. */
  readonly label: string;
  /** The error message of outcomes that do not carry one; else `null`. */
  readonly message: string | null;
  /** Its heading in the dashboard's list of client mistakes; `null`: not the client's mistake. */
  readonly mistake: string | null;
}

type ErrorCode =
  | "BAD_REQUEST"
  | "CONFLICT"
  | "FORBIDDEN"
  | "INTERNAL_SERVER_ERROR"
  | "PAYLOAD_TOO_LARGE"
  | "PRECONDITION_FAILED"
  | "TOO_MANY_REQUESTS"
  | "UNAUTHORIZED";

const TRACKED = {
  error: null,
  tracked: true,
  ofCaller: false,
  sendAgain: false,
  message: null,
  mistake: null,
} as const;

const REJECTED = {
  tracked: false,
  ofCaller: false,
  sendAgain: false,
  counter: "rejected",
  message: null,
  mistake: null,
} as const;

/** All outcomes, in the order of contract section 2. */
export const OUTCOMES: Readonly<Record<OutcomeKind, OutcomeMeaning>> = {
  accepted: { ...TRACKED, rule: "2.1", counter: "accepted", label: "accepted" },
  duplicate: { ...TRACKED, rule: "2.2", counter: "duplicates", label: "fingerprint" },
  replayed: { ...TRACKED, rule: "2.3", counter: "duplicates", label: "idempotency_key" },
  conflict: {
    ...REJECTED,
    rule: "2.4",
    error: "CONFLICT",
    label: "conflict",
    mistake: "idempotencyKey used for a different event",
  },
  invalid: {
    ...REJECTED,
    rule: "2.5",
    error: "BAD_REQUEST",
    label: "invalid",
    mistake: "schema violated",
  },
  rule_violated: {
    ...REJECTED,
    rule: "2.6",
    error: "PRECONDITION_FAILED",
    label: "rule_violated",
    mistake: "business rule violated",
  },
  too_large: {
    ...REJECTED,
    rule: "2.7",
    error: "PAYLOAD_TOO_LARGE",
    label: "too_large",
    mistake: "event larger than 32 KiB",
  },
  limited: {
    ...REJECTED,
    rule: "2.8",
    error: "TOO_MANY_REQUESTS",
    sendAgain: true,
    label: "limited",
    mistake: "rate limit",
  },
  overloaded: {
    ...REJECTED,
    rule: "2.8",
    error: "TOO_MANY_REQUESTS",
    sendAgain: true,
    label: "overloaded",
  },
  unauthorized: {
    ...REJECTED,
    rule: "13.2",
    error: "UNAUTHORIZED",
    ofCaller: true,
    label: "unauthorized",
    mistake: "API key not accepted",
  },
  forbidden: {
    ...REJECTED,
    rule: "13.3",
    error: "FORBIDDEN",
    ofCaller: true,
    label: "scope",
    mistake: "API key without the scope",
  },
  unavailable: {
    ...REJECTED,
    rule: "2.9",
    error: null,
    sendAgain: true,
    label: "unavailable",
    message: "The event could not be stored",
  },
  unidentified: {
    ...REJECTED,
    rule: "2.9",
    error: null,
    sendAgain: true,
    label: "unidentified",
    message: "The token cannot be verified yet",
  },
  failed: {
    ...REJECTED,
    rule: "2.10",
    error: "INTERNAL_SERVER_ERROR",
    sendAgain: true,
    label: "failed",
    message: "Internal server error",
  },
};

/** All kinds, in the same order. */
export const OUTCOME_KINDS = Object.keys(OUTCOMES) as readonly OutcomeKind[];

/** The label of an outcome in metrics: the rule that it violates, or the cause, if that says more. */
export function outcomeLabel(outcome: Outcome): string {
  if (outcome.kind === "rule_violated") return outcome.rule;
  if (outcome.kind === "unauthorized") return `key_${outcome.reason}`;
  if (outcome.kind === "unavailable" && outcome.cause !== undefined) return outcome.cause;
  return OUTCOMES[outcome.kind].label;
}
