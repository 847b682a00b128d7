import {
  assert,
  assertEquals,
  assertExists,
  assertGreater,
  assertLess,
  assertLessOrEqual,
  assertNotEquals,
} from "../support/assert.ts";
import type { DedupKey } from "../../src/events/types.ts";
import { toPixelEvent } from "../../src/http/routes/pixel.ts";
import type { Expectation, Route } from "../../src/simulate/types.ts";
import { toHttpRequest } from "../../src/simulate/http_request.ts";
import { admit, callerOf, eventsOf, NOW, requestsOf } from "./support.ts";

const EVENTS = 5_000;

function shareOf(count: number, total: number): number {
  return count / total;
}

function assertWithin(value: number, min: number, max: number, name: string): void {
  assert(value >= min && value <= max, `${name} is ${value}, not within ${min} and ${max}`);
}

Deno.test("the same seed and clock give the same traffic", () => {
  assertEquals(requestsOf(EVENTS, 7), requestsOf(EVENTS, 7));
});

Deno.test("another seed gives other traffic", () => {
  assertNotEquals(requestsOf(50, 1), requestsOf(50, 2));
});

for (const seed of [1, 2, 3]) {
  Deno.test(`with seed ${seed}, the service admits all events but the invalid ones`, () => {
    for (const { event, request } of eventsOf(EVENTS, seed)) {
      const admission = admit(event.body, callerOf(request));
      assertEquals(admission.ok, event.expect.kind !== "invalid", JSON.stringify(event));
    }
  });

  Deno.test(`with seed ${seed}, each invalid event is rejected with the expected status`, () => {
    const statuses = { invalid: 400, rule_violated: 412, too_large: 413 };
    const reasons = new Set<string>();
    for (const { event, request } of eventsOf(4 * EVENTS, seed)) {
      if (event.expect.kind !== "invalid") continue;
      const admission = admit(event.body, callerOf(request));
      const status = admission.ok ? 200 : statuses[admission.rejection.kind];
      assertEquals(status, event.expect.status, event.expect.reason);
      reasons.add(event.expect.reason);
    }
    assertGreater(reasons.size, 10);
  });

  Deno.test(`with seed ${seed}, the service recognises exactly the events that are sent again`, () => {
    const seen = new Set<string>();
    for (const { event, request } of eventsOf(EVENTS, seed)) {
      const admission = admit(event.body, callerOf(request));
      if (!admission.ok) continue;
      const key = keyOf(admission.event.dedupKey);
      assertEquals(seen.has(key), event.expect.kind !== "new", JSON.stringify(event));
      seen.add(key);
    }
  });
}

function keyOf(dedupKey: DedupKey): string {
  if (dedupKey.by === "fingerprint") return `${dedupKey.second} ${dedupKey.value}`;
  return dedupKey.by === "nothing" ? "nothing" : `${dedupKey.key} ${dedupKey.contentHash}`;
}

Deno.test("a repeat has the same body, and follows the request of the first", () => {
  const requests = new Map(requestsOf(EVENTS).map((request) => [request.id, request]));
  const bodies = new Map(eventsOf(EVENTS).map(({ event }) => [event.id, event.body]));
  let repeats = 0;
  for (const { id, follows, events: [event] } of requests.values()) {
    if (event?.expect.kind !== "duplicate" && event?.expect.kind !== "replay") continue;
    repeats++;
    assertEquals(event.body, bodies.get(event.expect.of));
    const { of } = event.expect;
    assertLess(follows ?? id, id);
    assert(requests.get(follows ?? id)?.events.some((earlier) => earlier.id === of));
  }
  assertGreater(repeats, 0);
});

Deno.test("about 3 % are duplicates, 1 % replays, 2 % invalid", () => {
  const kinds: Record<Expectation["kind"], number> = {
    new: 0,
    duplicate: 0,
    replay: 0,
    invalid: 0,
  };
  const seeds = [1, 2, 3, 4];
  for (const { event } of seeds.flatMap((seed) => eventsOf(EVENTS, seed))) {
    kinds[event.expect.kind]++;
  }
  const total = seeds.length * EVENTS;
  assertWithin(shareOf(kinds.duplicate, total), 0.024, 0.036, "the share of duplicates");
  assertWithin(shareOf(kinds.replay, total), 0.007, 0.014, "the share of replays");
  assertWithin(shareOf(kinds.invalid, total), 0.015, 0.026, "the share of invalid events");
});

Deno.test("every endpoint is used, and batches have 5 to 50 events", () => {
  const routes: Record<Route, number> = { rest: 0, trpc: 0, batch: 0, beacon: 0, pixel: 0 };
  const requests = requestsOf(EVENTS);
  for (const { route, events } of requests) {
    routes[route]++;
    if (route === "batch") assertWithin(events.length, 5, 50, "a batch");
  }
  assertWithin(shareOf(routes.rest, requests.length), 0.3, 0.6, "the share of REST");
  assertWithin(shareOf(routes.trpc, requests.length), 0.2, 0.5, "the share of tRPC");
  assertWithin(shareOf(routes.beacon, requests.length), 0.03, 0.2, "the share of beacons");
  assertWithin(shareOf(routes.batch, requests.length), 0.02, 0.1, "the share of batches");
  assertWithin(shareOf(routes.pixel, requests.length), 0.02, 0.1, "the share of pixels");
});

Deno.test("traffic covers the catalogue, with page views most often", () => {
  const types = new Map<unknown, number>();
  for (const { event: { body } } of eventsOf(EVENTS)) {
    types.set(body["eventType"], (types.get(body["eventType"]) ?? 0) + 1);
  }
  const expected = ["asset_viewed", "license_signed", "post_scroll_depth", "payout_completed"];
  for (const type of [...expected, "email_opened", "search_performed"]) {
    assertGreater(types.get(type) ?? 0, 0, type);
  }
  const [most] = [...types].toSorted(([, a], [, b]) => b - a)[0] ?? [];
  assertEquals(most, "page_viewed");
});

Deno.test("only invalid events are in the future", () => {
  for (const { event: { body, expect } } of eventsOf(EVENTS)) {
    const occurredAt = (body["props"] as Record<string, unknown> | undefined)?.["occurred_at"];
    if (expect.kind === "invalid" || occurredAt === undefined) continue;
    assertLessOrEqual(Date.parse(String(occurredAt)), NOW);
  }
});

Deno.test("payouts come from the system, with idempotency keys", () => {
  for (const { event: { body, expect } } of eventsOf(EVENTS)) {
    if (expect.kind === "invalid" || body["eventType"] !== "payout_completed") continue;
    assertEquals(body["source"], "system");
    assertExists(body["idempotencyKey"]);
  }
});

Deno.test("the pixel endpoint reads back the planned event", () => {
  const pixels = requestsOf(EVENTS).filter(({ route }) => route === "pixel");
  for (const pixel of pixels) {
    const { url } = toHttpRequest(pixel, "http://sluice.test");
    assertEquals(toPixelEvent(new URL(url).searchParams), pixel.events[0]?.body);
  }
});

Deno.test("visitors have many different addresses and user agents", () => {
  const headers = requestsOf(EVENTS).map((request) => request.headers);
  const distinct = (name: string) => new Set(headers.map((of) => of[name])).size;
  assertGreater(distinct("x-forwarded-for"), 200);
  assertGreater(distinct("user-agent"), 15);
  assert(headers.some((of) => of["authorization"] !== undefined));
  assert(headers.some((of) => /bot/i.test(of["user-agent"] ?? "")));
});
