/** The shapes of simulated traffic, from a visitor's act to a request with what is expected of it. */

import type { EntityType, EventSource, EventType } from "../events/catalogue.ts";

/** What an event is about. */
export interface Entity {
  readonly type: EntityType;
  readonly id: string;
}

/** An event as a story tells it, before it has a visitor, a session and a time. */
export interface Draft {
  readonly eventType: EventType;
  readonly entity?: Entity;
  readonly props?: Readonly<Record<string, unknown>>;
  readonly source?: EventSource;
  /** Must not happen twice: gets an idempotency key. */
  readonly once?: boolean;
  /** Stamped with a time that many milliseconds ago, as clients do that queue events. */
  readonly ageMs?: number;
}

/** Something that a visitor does at once: one event by itself, or several as the page is left. */
export interface Step {
  readonly by: "single" | "beacon";
  readonly drafts: readonly Draft[];
}

/** Where a request goes. */
export type Route = "rest" | "trpc" | "batch" | "beacon" | "pixel";

/** What the service should do with an event. */
export type Expectation =
  /** Store it. */
  | { readonly kind: "new" }
  /** Answer as if stored, and store nothing. */
  | { readonly kind: "duplicate"; readonly of: number }
  /** Answer the first event's answer, marked as a replay. */
  | { readonly kind: "replay"; readonly of: number }
  /** Refuse it with this status. */
  | { readonly kind: "invalid"; readonly status: 400 | 412 | 413; readonly flaw: string };

/** An event on its way. */
export interface PlannedEvent {
  readonly id: number;
  /** As it is sent. */
  readonly body: Readonly<Record<string, unknown>>;
  readonly expect: Expectation;
  /** Whether it is sent a second time later on. */
  readonly repeated: boolean;
}

/** A request of one visitor. */
export interface PlannedRequest {
  readonly id: number;
  readonly route: Route;
  readonly headers: Readonly<Record<string, string>>;
  readonly events: readonly PlannedEvent[];
  /** The request that must have been answered before. */
  readonly follows: number | null;
  /** Whether the body travels packed. */
  readonly gzip: boolean;
}
