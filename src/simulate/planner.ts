/** From drafts to events with a session, a time and an expectation. */

import { makeUuid } from "./identifiers.ts";
import { type Flawed, makeFlawed } from "./flaws.ts";
import type { DedupGuard } from "./dedup_guard.ts";
import type { Random } from "./random.ts";
import type { Draft, PlannedEvent } from "./types.ts";
import type { Visitor } from "./visitors.ts";

/** How many of the valid events are sent again, and how many broken ones come with them. */
export interface Mix {
  /** Sent twice, without a key. */
  readonly duplicates: number;
  /** Sent twice, with an idempotency key. */
  readonly replays: number;
  /** Broken events for each valid one. */
  readonly invalid: number;
}

/** Measured over all events, this comes to about 3 %, 1 % and 2 %: not every event can be repeated. */
export const DEFAULT_MIX: Mix = { duplicates: 0.039, replays: 0.011, invalid: 0.026 };

/** In whose name events are sent; both `null` for the platform itself. */
export interface Actor {
  readonly visitor: Visitor | null;
  readonly dedupGuard: DedupGuard | null;
}

/** The platform itself. */
export const PLATFORM: Actor = { visitor: null, dedupGuard: null };

/** Ages of a repeatable event: old enough for a server whose clock is somewhat behind. */
const MIN_AGE_MS = 5_000;
const MAX_AGE_MS = 25_000;

/** Makes events. */
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

  /** The event of a draft, or `null` where the service would take it for an earlier one. */
  event(draft: Draft, actor: Actor, repeatable = true): PlannedEvent | null {
    const fate = repeatable ? this.#fate(draft, actor) : "once";
    const keyed = draft.once === true || fate === "replay";
    const ageMs = draft.ageMs ??
      (fate === "duplicate" ? this.#random.whole(MIN_AGE_MS, MAX_AGE_MS) : null);
    const occurredAtMs = ageMs === null ? null : this.#now() - ageMs;
    if (!keyed && actor.dedupGuard !== null && !actor.dedupGuard.admits(draft, occurredAtMs)) {
      return null;
    }
    return {
      id: ++this.#lastId,
      body: this.#body(draft, actor.visitor, keyed, occurredAtMs),
      expect: { kind: "new" },
      repeated: fate !== "once",
    };
  }

  /** The same event once more. */
  again(event: PlannedEvent): PlannedEvent {
    const kind = event.body["idempotencyKey"] === undefined ? "duplicate" : "replay";
    return {
      id: ++this.#lastId,
      body: event.body,
      expect: { kind, of: event.id },
      repeated: false,
    };
  }

  /** Now and then a broken event, beside a valid one. */
  flawed(sessionId: string): PlannedEvent | null {
    if (!this.#random.chance(this.#mix.invalid)) return null;
    const { body, expect }: Flawed = makeFlawed(this.#random, sessionId, this.#now());
    return { id: ++this.#lastId, body, expect, repeated: false };
  }

  #fate(draft: Draft, { dedupGuard }: Actor): "once" | "duplicate" | "replay" {
    if (this.#random.chance(this.#mix.replays)) return "replay";
    // Without a session, nothing but the key tells two of the platform's events apart.
    const fingerprinted = draft.once !== true && dedupGuard !== null;
    return this.#random.chance(this.#mix.duplicates) && fingerprinted ? "duplicate" : "once";
  }

  #body(
    { eventType, entity, props, source }: Draft,
    visitor: Visitor | null,
    keyed: boolean,
    occurredAtMs: number | null,
  ): Record<string, unknown> {
    const attributed = eventType === "license_created" || eventType === "license_signed" ||
      (eventType === "page_viewed" && props?.["path"] === visitor?.landingPath);
    const attribution = attributed ? visitor?.attribution ?? null : null;
    const time = occurredAtMs === null ? {} : { occurred_at: new Date(occurredAtMs).toISOString() };
    return {
      eventType,
      source: source ?? visitor?.source ?? "web",
      ...(entity === undefined ? {} : { entityId: entity.id, entityType: entity.type }),
      ...(visitor === null ? {} : { sessionId: visitor.sessionId }),
      ...(props === undefined && occurredAtMs === null ? {} : { props: { ...props, ...time } }),
      ...(attribution === null ? {} : { attribution }),
      ...(keyed ? { idempotencyKey: makeUuid(this.#random, this.#now()) } : {}),
    };
  }
}
