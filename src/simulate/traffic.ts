/** Generates requests: visitors in their sessions, apps that were offline, the back office, and emails. */

import type { Account } from "./accounts.ts";
import { makeOrigin } from "./addresses.ts";
import { VisitorPool } from "./visitor_pool.ts";
import { makeUuid } from "./identifiers.ts";
import { DEFAULT_MIX, type Mix, Planner, PLATFORM } from "./planner.ts";
import type { Random } from "./random.ts";
import { DelayQueue } from "./delay_queue.ts";
import { makeBackgroundEvent, makeEmailOpen, makePayout } from "./scenarios/back_office.ts";
import type { PlannedEvent, PlannedRequest, Route } from "./types.ts";
import { USER_AGENTS } from "./user_agents.ts";
import { createMarketplace } from "./marketplace.ts";

/** Options of `generateTraffic`. */
export interface TrafficOptions {
  readonly random: Random;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Accounts to sign in with; if empty, all visitors are anonymous. */
  readonly accounts: readonly Account[];
  readonly mix?: Mix;
}

type Kind = "step" | "offline" | "payout" | "background" | "email";
type Content = Pick<PlannedRequest, "route" | "headers" | "events"> & { readonly gzip?: boolean };

const KINDS: readonly (readonly [weight: number, kind: Kind])[] = [
  [86, "step"],
  [4, "offline"],
  [3, "payout"],
  [1, "background"],
  [6, "email"],
];
const MIN_BATCH = 5;
const MAX_BATCH = 50;
const PLATFORM_HEADERS = { "user-agent": "gallery-backoffice/2.3" };

/** Generates requests endlessly. The same seed and clock give the same requests. */
export function* generateTraffic(options: TrafficOptions): Generator<PlannedRequest, never> {
  const { random, now, accounts, mix = DEFAULT_MIX } = options;
  const marketplace = createMarketplace();
  const planner = new Planner(random, now, mix);
  const delayQueue = new DelayQueue(random, now);
  const visitorPool = new VisitorPool({ random, now, accounts, marketplace, planner });
  let lastId = 0;

  for (;;) {
    const request = delayQueue.next() ?? plan();
    if (request === null) continue;
    yield { ...request, id: ++lastId };
    for (const event of request.events) if (event.resent) resend(event, request.headers, lastId);
  }

  function plan(): PlannedRequest | null {
    const content = makeContent(random.weighted(KINDS));
    return content === null || content.events.length === 0 ? null : toRequest(content);
  }

  function makeContent(kind: Kind): Content | null {
    switch (kind) {
      case "step": {
        const { request, invalid } = visitorPool.nextRequest();
        for (const content of invalid) delayQueue.add(toRequest(content));
        return request;
      }
      case "offline":
        return {
          ...visitorPool.nextOfflineBatch(random.whole(MIN_BATCH, MAX_BATCH)),
          gzip: random.chance(0.4),
        };
      case "payout":
        return fromPlatform("rest", [
          planner.makeEvent(makePayout(random, marketplace, now()), PLATFORM),
        ]);
      case "background": {
        const size = random.whole(MIN_BATCH, MAX_BATCH - 1);
        const events = Array.from(
          { length: size },
          () => planner.makeEvent(makeBackgroundEvent(random, now()), PLATFORM),
        );
        return fromPlatform("batch", [...events, planner.makeInvalid(makeUuid(random, now()))]);
      }
      case "email": {
        const { ip } = makeOrigin(random);
        const headers = { "user-agent": random.pick(USER_AGENTS.mail), "x-forwarded-for": ip };
        const event = planner.makeEvent(makeEmailOpen(random, now()), PLATFORM, false);
        return { route: "pixel", headers, events: event === null ? [] : [event] };
      }
    }
  }

  function fromPlatform(route: Route, events: readonly (PlannedEvent | null)[]): Content {
    return { route, headers: PLATFORM_HEADERS, events: events.filter((event) => event !== null) };
  }

  /** Queues an event to be sent again, at any endpoint: the event is repeated, not the request. */
  function resend(event: PlannedEvent, headers: Content["headers"], follows: number): void {
    const route = random.pick(["rest", "trpc"] as const);
    delayQueue.add({
      ...toRequest({ route, headers, events: [planner.makeRepeat(event)] }),
      follows,
    });
  }
}

function toRequest({ gzip = false, ...content }: Content): PlannedRequest {
  return { id: 0, ...content, follows: null, gzip };
}
