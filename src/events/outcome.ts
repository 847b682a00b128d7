/** Every event gets exactly one outcome; this file lists them all, and what each means to a caller. */

import type { z } from "zod";

/** Why an event was not admitted. */
export type Rejection =
  /** 2.5: the schema is violated. */
  | { readonly kind: "invalid"; readonly error: z.ZodError }
  /** 2.6: a business rule of section 4 is violated; the message names rule and field. */
  | { readonly kind: "refused"; readonly rule: BusinessRule; readonly message: string }
  /** 2.7: larger than an event may be. */
  | { readonly kind: "too_large"; readonly message: string };

/** The business rules of contract section 4 that answer 412. */
export type BusinessRule = "occurred_at" | "required_props" | "known_event_type";

/** What the buffer says of an admitted event. */
export type Buffered =
  /** 2.1: durable, will become a row. */
  | { readonly kind: "accepted" }
  /** 2.2: the same fingerprint was seen within the TTL; nothing stored. */
  | { readonly kind: "duplicate" }
  /** 2.3: the same idempotency key and event; `eventId` once the first one is a row. */
  | { readonly kind: "replayed"; readonly eventId: string | null }
  /** 2.4: the same idempotency key with another event; nothing stored. */
  | { readonly kind: "conflict"; readonly message: string }
  /** 2.8: too much is waiting already; nothing stored. */
  | { readonly kind: "overloaded"; readonly message: string; readonly retryAfterSeconds: number }
  /** 2.9: KV cannot be written; certainly nothing stored. */
  | { readonly kind: "unavailable" }
  /** 2.10: an error that nobody foresaw, or doubt that stays; whether it is stored is not known. */
  | { readonly kind: "failed"; readonly error: unknown };

/** 2.8: the caller sends more than a rate limit lets them; nothing stored. */
export interface Limited {
  readonly kind: "limited";
  readonly message: string;
  readonly retryAfterSeconds: number;
}

/** The one outcome of an event. */
export type Outcome = Rejection | Limited | Buffered;

/** A name for each outcome, as metrics show it. */
export type OutcomeKind = Outcome["kind"];

/** All outcomes, in the order of contract section 2. */
export const OUTCOME_KINDS: readonly OutcomeKind[] = [
  "accepted",
  "duplicate",
  "replayed",
  "conflict",
  "invalid",
  "refused",
  "too_large",
  "limited",
  "overloaded",
  "unavailable",
  "failed",
];
