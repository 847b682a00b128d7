/** Turns drafts into events with a session, a time and an expected result. */

import { makeUuid } from "./identifiers.ts";
import { type InvalidEvent, makeInvalidEvent } from "./invalid_events.ts";
import type { DedupGuard } from "./dedup_guard.ts";
import type { Random } from "./random.ts";
import type { Draft, PlannedEvent } from "./types.ts";
import type { Visitor } from "./visitors.ts";

/** The shares of duplicates, replays and invalid events. */
export interface Mix {
  /** Share of valid events that are sent twice, without a key. */
  readonly duplicates: number;
  /** Share of valid events that are sent twice, with an idempotency key. */
  readonly replays: number;
  /** Invalid events per valid event. */
  readonly invalid: number;
}

/** About 3 %, 1 % and 2 % of all events, as not every event can be sent again. */
export const DEFAULT_MIX: Mix = { duplicates: 0.039, replays: 0.011, invalid: 0.026 };

/** The sender of events; both fields are `null` for the platform itself. */
export interface Actor {
  readonly visitor: Visitor | null;
  readonly dedupGuard: DedupGuard | null;
}

/** The platform as a sender. */
export const PLATFORM: Actor = { visitor: null, dedupGuard: null };

/** Ages of a duplicated event: old enough for a server whose clock is slightly behind. */
const MIN_AGE_MS = 5_000;
const MAX_AGE_MS = 25_000;

/** Creates events, with ids and expected results. */
export class Planner {
  readonly #random: Random;
  readonly #now: () => number;
  readonly #mix: Mix;
  #lastId = 0;

  constructor(random: Random, now: () => number, mix: Mix) {
    this.#random = random;
    this.#now = now;
    this.#mix = mix;
  }

  /** Returns the event of a draft, or `null` if the service would deduplicate it. */
  makeEvent(draft: Draft, actor: Actor, resendable = true): PlannedEvent | null {
    const repeat = resendable ? this.#pickRepeat(draft, actor) : "none";
    const isKeyed = draft.once === true || repeat === "replay";
    const ageMs = draft.ageMs ??
      (repeat === "duplicate" ? this.#random.whole(MIN_AGE_MS, MAX_AGE_MS) : null);
    const occurredAtMs = ageMs === null ? null : this.#now() - ageMs;
    if (!isKeyed && actor.dedupGuard !== null && !actor.dedupGuard.admits(draft, occurredAtMs)) {
      return null;
    }
    return {
      id: ++this.#lastId,
      body: this.#body(draft, actor.visitor, isKeyed, occurredAtMs),
      expect: { kind: "new" },
      resent: repeat !== "none",
    };
  }

  /** Returns the same event to be sent again. */
  makeRepeat(event: PlannedEvent): PlannedEvent {
    const kind = event.body["idempotencyKey"] === undefined ? "duplicate" : "replay";
    return {
      id: ++this.#lastId,
      body: event.body,
      expect: { kind, of: event.id },
      resent: false,
    };
  }

  /** Returns an invalid event at the configured rate, else `null`. */
  makeInvalid(sessionId: string): PlannedEvent | null {
    if (!this.#random.chance(this.#mix.invalid)) return null;
    const { body, expect }: InvalidEvent = makeInvalidEvent(this.#random, sessionId, this.#now());
    return { id: ++this.#lastId, body, expect, resent: false };
  }

  #pickRepeat(draft: Draft, { dedupGuard }: Actor): "none" | "duplicate" | "replay" {
    if (this.#random.chance(this.#mix.replays)) return "replay";
    // Of the platform's events, which have no session, only those with a key are sent again.
    const isFingerprinted = draft.once !== true && dedupGuard !== null;
    return this.#random.chance(this.#mix.duplicates) && isFingerprinted ? "duplicate" : "none";
  }

  #body(
    { eventType, entity, props, source }: Draft,
    visitor: Visitor | null,
    isKeyed: boolean,
    occurredAtMs: number | null,
  ): Record<string, unknown> {
    const hasAttribution = eventType === "license_created" || eventType === "license_signed" ||
      (eventType === "page_viewed" && props?.["path"] === visitor?.landingPath);
    const attribution = hasAttribution ? visitor?.attribution ?? null : null;
    const time = occurredAtMs === null ? {} : { occurred_at: new Date(occurredAtMs).toISOString() };
    return {
      eventType,
      source: source ?? visitor?.source ?? "web",
      ...(entity === undefined ? {} : { entityId: entity.id, entityType: entity.type }),
      ...(visitor === null ? {} : { sessionId: visitor.sessionId }),
      ...(props === undefined && occurredAtMs === null ? {} : { props: { ...props, ...time } }),
      ...(attribution === null ? {} : { attribution }),
      ...(isKeyed ? { idempotencyKey: makeUuid(this.#random, this.#now()) } : {}),
    };
  }
}
