/** The types of simulated traffic, from a visitor's step to a request and its expected result. */

import type { EntityType, EventSource, EventType } from "../events/catalogue.ts";

/** The entity that an event refers to. */
export interface Entity {
  readonly type: EntityType;
  readonly id: string;
}

/** An event as a scenario describes it, before it has a visitor, a session and a time. */
export interface Draft {
  readonly eventType: EventType;
  readonly entity?: Entity;
  readonly props?: Readonly<Record<string, unknown>>;
  readonly source?: EventSource;
  /** Must be stored exactly once, so it gets an idempotency key. */
  readonly once?: boolean;
  /** How long ago it happened, as sent by clients that queue events. */
  readonly ageMs?: number;
}

/** One request of a visitor: a single event, or several sent as the page is left. */
export interface Step {
  readonly by: "single" | "beacon";
  readonly drafts: readonly Draft[];
}

/** The endpoint that a request is sent to. */
export type Route = "rest" | "trpc" | "batch" | "beacon" | "pixel";

/** How the service should handle an event. */
export type Expectation =
  /** Store it. */
  | { readonly kind: "new" }
  /** Acknowledge it as a duplicate of event `of`, and store nothing. */
  | { readonly kind: "duplicate"; readonly of: number }
  /** Acknowledge it as a replay of event `of`, marked as such, and store nothing. */
  | { readonly kind: "replay"; readonly of: number }
  /** Reject it with this status. */
  | { readonly kind: "invalid"; readonly status: 400 | 412 | 413; readonly reason: string };

/** An event to send, and its expected result. */
export interface PlannedEvent {
  readonly id: number;
  /** The JSON that is sent. */
  readonly body: Readonly<Record<string, unknown>>;
  readonly expect: Expectation;
  /** Whether it will be sent a second time. */
  readonly resent: boolean;
}

/** A request of one client. */
export interface PlannedRequest {
  readonly id: number;
  readonly route: Route;
  readonly headers: Readonly<Record<string, string>>;
  readonly events: readonly PlannedEvent[];
  /** Id of the request that must be answered before this one is sent. */
  readonly follows: number | null;
  /** Whether the body is compressed. */
  readonly gzip: boolean;
}
