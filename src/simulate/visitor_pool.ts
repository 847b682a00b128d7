/** The visitors who are on the site, and those whose apps were offline. */

import type { Account } from "./accounts.ts";
import { DedupGuard } from "./dedup_guard.ts";
import type { Actor, Planner } from "./planner.ts";
import type { Random } from "./random.ts";
import { planSession } from "./scenarios/plan_session.ts";
import type { PlannedEvent, PlannedRequest, Route, Step } from "./types.ts";
import {
  type Agents,
  makeVisitor,
  OFFLINE_AGENTS,
  ONLINE_AGENTS,
  type Visitor,
} from "./visitors.ts";
import type { Marketplace } from "./marketplace.ts";

/** Options of `VisitorPool`. */
export interface VisitorPoolOptions {
  readonly random: Random;
  readonly now: () => number;
  readonly accounts: readonly Account[];
  readonly marketplace: Marketplace;
  readonly planner: Planner;
}

/** Events, with the endpoint and headers to send them with. */
export type RequestContent = Pick<PlannedRequest, "route" | "headers" | "events">;

/** The request of a visitor's step, and invalid events to send later. */
export interface VisitorRequest {
  readonly request: RequestContent;
  readonly invalid: readonly RequestContent[];
}

interface ActiveVisitor extends Actor {
  readonly visitor: Visitor;
  readonly dedupGuard: DedupGuard;
  readonly steps: Step[];
}

const SIZE = 60;
const MINUTE_MS = 60_000;
/** Old enough for a server whose clock is slightly behind. */
const MIN_AGE_MS = 5_000;
const MAX_BATCH = 50;

/** A pool of visitors; a new one replaces each that leaves. */
export class VisitorPool {
  readonly #options: VisitorPoolOptions;
  readonly #active: ActiveVisitor[];

  constructor(options: VisitorPoolOptions) {
    this.#options = options;
    this.#active = Array.from({ length: SIZE }, () => this.#arrive());
  }

  /** Returns the next step of a random visitor. */
  nextRequest(): VisitorRequest {
    const { random, planner } = this.#options;
    const slot = random.whole(0, SIZE - 1);
    const active = this.#active[slot] ?? this.#arrive();
    const step = active.steps.shift();
    if (active.steps.length === 0) this.#active[slot] = this.#arrive();
    const { headers, client, sessionId } = active.visitor;
    const events = (step?.drafts ?? [])
      .map((draft) => planner.makeEvent(draft, active))
      .filter((event) => event !== null);
    const invalid = events.map(() => planner.makeInvalid(sessionId)).filter((event) =>
      event !== null
    );
    const route = (): Route => random.chance(0.1) ? "beacon" : client;
    return {
      request: { route: step?.by === "beacon" ? "beacon" : client, headers, events },
      invalid: invalid.map((event) => ({ route: route(), headers, events: [event] })),
    };
  }

  /** Returns a batch of `size` events, with their times, that an app queued while it was offline. */
  nextOfflineBatch(size: number): RequestContent {
    const { random, planner } = this.#options;
    const active = this.#arrive(OFFLINE_AGENTS);
    const { headers, sessionId } = active.visitor;
    // Usually offline for up to two hours, sometimes for days.
    const offlineMs = random.chance(0.9)
      ? random.whole(1, 100) * MINUTE_MS
      : random.whole(1, 4_000) * MINUTE_MS;
    const events: PlannedEvent[] = [];
    let ageMs = offlineMs + size * MINUTE_MS;
    while (events.length < size) {
      for (const draft of this.#planSteps(active.visitor).flatMap((step) => step.drafts)) {
        if (events.length >= size) break;
        ageMs = Math.max(ageMs - random.whole(2_000, 40_000), MIN_AGE_MS);
        const event = planner.makeEvent({ ...draft, ageMs }, active);
        const invalid = planner.makeInvalid(sessionId);
        if (event !== null) events.push(event);
        if (invalid !== null && events.length < MAX_BATCH) events.push(invalid);
      }
    }
    return { route: "batch", headers, events };
  }

  #arrive(agents: Agents = ONLINE_AGENTS): ActiveVisitor {
    const { random, now, accounts } = this.#options;
    const visitor = makeVisitor(random, now(), accounts, agents);
    return { visitor, dedupGuard: new DedupGuard(), steps: this.#planSteps(visitor) };
  }

  #planSteps(visitor: Visitor): Step[] {
    const { random, marketplace, now } = this.#options;
    return planSession({ random, marketplace, visitor, nowMs: now() });
  }
}
