/** An endless stream of requests: visitors in their sessions, the platform itself, and mail. */

import type { Account } from "./accounts.ts";
import { makeOrigin } from "./addresses.ts";
import { VisitorPool } from "./visitor_pool.ts";
import { makeUuid } from "./identifiers.ts";
import { DEFAULT_MIX, type Mix, Planner, PLATFORM } from "./planner.ts";
import type { Random } from "./random.ts";
import { Repeats } from "./repeats.ts";
import { chore, mailOpened, payout } from "./scenarios/back_office.ts";
import type { PlannedEvent, PlannedRequest, Route } from "./types.ts";
import { USER_AGENTS } from "./user_agents.ts";
import { createWorld } from "./world.ts";

/** What traffic is made of. */
export interface TrafficOptions {
  readonly random: Random;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Who may sign in; empty: everybody is anonymous. */
  readonly accounts: readonly Account[];
  readonly mix?: Mix;
}

type Kind = "step" | "offline" | "payout" | "chores" | "mail";
type Content = Pick<PlannedRequest, "route" | "headers" | "events"> & { readonly gzip?: boolean };

const KINDS: readonly (readonly [weight: number, kind: Kind])[] = [
  [86, "step"],
  [4, "offline"],
  [3, "payout"],
  [1, "chores"],
  [6, "mail"],
];
const MIN_BATCH = 5;
const MAX_BATCH = 50;
const PLATFORM_HEADERS = { "user-agent": "gallery-backoffice/2.3" };

/** Makes traffic, for ever. The same seed and clock make the same. */
export function* generateTraffic(options: TrafficOptions): Generator<PlannedRequest, never> {
  const { random, now, accounts, mix = DEFAULT_MIX } = options;
  const world = createWorld();
  const planner = new Planner(random, now, mix);
  const repeats = new Repeats(random, now);
  const visitorPool = new VisitorPool({ random, now, accounts, world, planner });
  let lastId = 0;

  for (;;) {
    const request = repeats.take() ?? plan();
    if (request === null) continue;
    yield { ...request, id: ++lastId };
    for (const event of request.events) if (event.repeated) repeat(event, request.headers, lastId);
  }

  function plan(): PlannedRequest | null {
    const content = contentOf(random.weighted(KINDS));
    return content === null || content.events.length === 0 ? null : toRequest(content);
  }

  function contentOf(kind: Kind): Content | null {
    switch (kind) {
      case "step": {
        const { request, broken } = visitorPool.act();
        for (const content of broken) repeats.add(toRequest(content));
        return request;
      }
      case "offline":
        return {
          ...visitorPool.backOnline(random.whole(MIN_BATCH, MAX_BATCH)),
          gzip: random.chance(0.4),
        };
      case "payout":
        return byPlatform("rest", [planner.event(payout(random, world, now()), PLATFORM)]);
      case "chores": {
        const size = random.whole(MIN_BATCH, MAX_BATCH - 1);
        const chores = Array.from(
          { length: size },
          () => planner.event(chore(random, now()), PLATFORM),
        );
        return byPlatform("batch", [...chores, planner.flawed(makeUuid(random, now()))]);
      }
      case "mail": {
        const { ip } = makeOrigin(random);
        const headers = { "user-agent": random.pick(USER_AGENTS.mail), "x-forwarded-for": ip };
        const opened = planner.event(mailOpened(random, now()), PLATFORM, false);
        return { route: "pixel", headers, events: opened === null ? [] : [opened] };
      }
    }
  }

  function byPlatform(route: Route, events: readonly (PlannedEvent | null)[]): Content {
    return { route, headers: PLATFORM_HEADERS, events: events.filter((event) => event !== null) };
  }

  /** Whether at the same endpoint or another: what is sent again is the event, not the request. */
  function repeat(event: PlannedEvent, headers: Content["headers"], follows: number): void {
    const route = random.pick(["rest", "trpc"] as const);
    repeats.add({ ...toRequest({ route, headers, events: [planner.again(event)] }), follows });
  }
}

function toRequest({ gzip = false, ...content }: Content): PlannedRequest {
  return { id: 0, ...content, follows: null, gzip };
}
