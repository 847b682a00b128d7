/** The visitors who are on the site at the moment, and the ones whose apps were offline. */

import type { Account } from "./accounts.ts";
import { DedupGuard } from "./dedup_guard.ts";
import type { Actor, Planner } from "./planner.ts";
import type { Random } from "./random.ts";
import { session } from "./scenarios/mod.ts";
import type { PlannedEvent, PlannedRequest, Route, Step } from "./types.ts";
import {
  type Agents,
  makeVisitor,
  OFFLINE_AGENTS,
  ONLINE_AGENTS,
  type Visitor,
} from "./visitors.ts";
import type { World } from "./world.ts";

/** What visitors need. */
export interface VisitorPoolOptions {
  readonly random: Random;
  readonly now: () => number;
  readonly accounts: readonly Account[];
  readonly world: World;
  readonly planner: Planner;
}

/** Events and the way they are sent. */
export type Sending = Pick<PlannedRequest, "route" | "headers" | "events">;

/** What a visitor did, and the broken events that came of it. */
export interface Act {
  readonly request: Sending;
  readonly broken: readonly Sending[];
}

interface Present extends Actor {
  readonly visitor: Visitor;
  readonly dedupGuard: DedupGuard;
  readonly steps: Step[];
}

const SIZE = 60;
const MINUTE_MS = 60_000;
/** Old enough for a server whose clock is somewhat behind. */
const MIN_AGE_MS = 5_000;
const MAX_BATCH = 50;

/** Visitors, a new one for each that leaves. */
export class VisitorPool {
  readonly #options: VisitorPoolOptions;
  readonly #present: Present[];

  constructor(options: VisitorPoolOptions) {
    this.#options = options;
    this.#present = Array.from({ length: SIZE }, () => this.#arrive());
  }

  /** Lets somebody take the next step. */
  act(): Act {
    const { random, planner } = this.#options;
    const seat = random.whole(0, SIZE - 1);
    const present = this.#present[seat] ?? this.#arrive();
    const step = present.steps.shift();
    if (present.steps.length === 0) this.#present[seat] = this.#arrive();
    const { headers, client, sessionId } = present.visitor;
    const events = (step?.drafts ?? [])
      .map((draft) => planner.event(draft, present))
      .filter((event) => event !== null);
    const broken = events.map(() => planner.flawed(sessionId)).filter((event) => event !== null);
    const route = (): Route => random.chance(0.1) ? "beacon" : client;
    return {
      request: { route: step?.by === "beacon" ? "beacon" : client, headers, events },
      broken: broken.map((event) => ({ route: route(), headers, events: [event] })),
    };
  }

  /** Sends `size` events that an app kept while it was offline, with their times. */
  backOnline(size: number): Sending {
    const { random, planner } = this.#options;
    const present = this.#arrive(OFFLINE_AGENTS);
    const { headers, sessionId } = present.visitor;
    // Underway for an hour or two, or away for some days.
    const sinceMs = random.chance(0.9)
      ? random.whole(1, 100) * MINUTE_MS
      : random.whole(1, 4_000) * MINUTE_MS;
    const events: PlannedEvent[] = [];
    let ageMs = sinceMs + size * MINUTE_MS;
    while (events.length < size) {
      for (const draft of this.#steps(present.visitor).flatMap((step) => step.drafts)) {
        if (events.length >= size) break;
        ageMs = Math.max(ageMs - random.whole(2_000, 40_000), MIN_AGE_MS);
        const event = planner.event({ ...draft, ageMs }, present);
        const broken = planner.flawed(sessionId);
        if (event !== null) events.push(event);
        if (broken !== null && events.length < MAX_BATCH) events.push(broken);
      }
    }
    return { route: "batch", headers, events };
  }

  #arrive(agents: Agents = ONLINE_AGENTS): Present {
    const { random, now, accounts } = this.#options;
    const visitor = makeVisitor(random, now(), accounts, agents);
    return { visitor, dedupGuard: new DedupGuard(), steps: this.#steps(visitor) };
  }

  #steps(visitor: Visitor): Step[] {
    const { random, world, now } = this.#options;
    return session({ random, world, visitor, nowMs: now() });
  }
}
