/** What the simulator's tests share. */

import { createAdmit } from "../../src/admission/admit.ts";
import type { Caller } from "../../src/events/types.ts";
import type { Account } from "../../src/simulate/accounts.ts";
import { Random } from "../../src/simulate/random.ts";
import { generateTraffic } from "../../src/simulate/traffic.ts";
import type { PlannedEvent, PlannedRequest } from "../../src/simulate/types.ts";
import { anonymous } from "../support/events.ts";

/** When these tests take place. */
export const NOW = Date.parse("2026-03-01T12:00:00.000Z");

/** Accounts whose tokens prove nothing. */
export const ACCOUNTS: readonly Account[] = [
  { sub: "user_a", role: "CREATOR", profileId: "cjld2cjxh0000qzrmn831i7rn", token: "a" },
  { sub: "user_b", role: "BRAND", profileId: "cjld2cjxh0001qzrmn831i7rn", token: "b" },
  { sub: "user_c", role: "VIEWER", profileId: null, token: "c" },
];

/** The first requests from a seed that hold `count` events, all made at the same moment. */
export function requestsOf(count: number, seed = 1): PlannedRequest[] {
  const traffic = generateTraffic({
    random: new Random(seed),
    now: () => NOW,
    accounts: ACCOUNTS,
  });
  const requests: PlannedRequest[] = [];
  for (let events = 0; events < count;) {
    const request = traffic.next().value;
    requests.push(request);
    events += request.events.length;
  }
  return requests;
}

/** The same event by event, with the request that each is in. */
export function eventsOf(
  count: number,
  seed = 1,
): { event: PlannedEvent; request: PlannedRequest }[] {
  return requestsOf(count, seed)
    .flatMap((request) => request.events.map((event) => ({ event, request })));
}

/** The service's own admission, at the moment of these tests. */
export const admit = createAdmit({
  now: () => NOW,
  newId: () => crypto.randomUUID(),
  clockToleranceMs: 0,
  strictEventTypes: true,
  deduplicate: true,
});

/** Who sends a request, as the service would see it. */
export function callerOf({ headers }: PlannedRequest): Caller {
  const account = ACCOUNTS.find(({ token }) => headers["authorization"] === `Bearer ${token}`);
  const identity = account === undefined
    ? null
    : { userId: account.sub, role: account.role, creatorId: null, brandId: null };
  return { ...anonymous, identity };
}

/** A request with one plain event. */
export function plainRequest(id: number, parts: Partial<PlannedRequest> = {}): PlannedRequest {
  const body = { eventType: "page_viewed" };
  const event: PlannedEvent = { id, body, expect: { kind: "new" }, repeated: false };
  return { id, route: "rest", headers: {}, events: [event], follows: null, gzip: false, ...parts };
}
