/** Fixtures of the simulator's tests. */

import { createUrlFilter } from "../../src/events/url_filter.ts";
import { createAdmit } from "../../src/admission/admit.ts";
import type { Caller } from "../../src/events/types.ts";
import type { Account } from "../../src/simulate/accounts.ts";
import { Random } from "../../src/simulate/random.ts";
import { generateTraffic } from "../../src/simulate/traffic.ts";
import type { PlannedEvent, PlannedRequest } from "../../src/simulate/types.ts";
import { anonymous } from "../support/events.ts";

/** The current time in these tests. */
export const NOW = Date.parse("2026-03-01T12:00:00.000Z");

/** Accounts with fake tokens. */
export const ACCOUNTS: readonly Account[] = [
  { sub: "user_a", role: "CREATOR", profileId: "cjld2cjxh0000qzrmn831i7rn", token: "a" },
  { sub: "user_b", role: "BRAND", profileId: "cjld2cjxh0001qzrmn831i7rn", token: "b" },
  { sub: "user_c", role: "VIEWER", profileId: null, token: "c" },
];

/** The first requests of a seed, with at least `count` events, all generated at `NOW`. */
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

/** The events of `requestsOf`, each with its request. */
export function eventsOf(
  count: number,
  seed = 1,
): { event: PlannedEvent; request: PlannedRequest }[] {
  return requestsOf(count, seed)
    .flatMap((request) => request.events.map((event) => ({ event, request })));
}

/** The service's own admission, at `NOW`. */
export const admit = createAdmit({
  urls: createUrlFilter([]),
  now: () => NOW,
  newId: () => crypto.randomUUID(),
  clockToleranceMs: 0,
  strictEventTypes: true,
  deduplicate: true,
  fingerprintContent: "auto",
});

/** The caller of a request, as the service would identify it. */
export function callerOf({ headers }: PlannedRequest): Caller {
  const account = ACCOUNTS.find(({ token }) => headers["authorization"] === `Bearer ${token}`);
  const identity = account === undefined
    ? null
    : { userId: account.sub, role: account.role, creatorId: null, brandId: null };
  return { ...anonymous, identity };
}

/** A request with one page view. */
export function plainRequest(id: number, parts: Partial<PlannedRequest> = {}): PlannedRequest {
  const body = { eventType: "page_viewed" };
  const event: PlannedEvent = { id, body, expect: { kind: "new" }, resent: false };
  return { id, route: "rest", headers: {}, events: [event], follows: null, gzip: false, ...parts };
}
