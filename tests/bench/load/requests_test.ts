import { assertEquals, assertLess, assertMatch, assertNotEquals } from "../../support/assert.ts";
import { computeFingerprint } from "../../../src/events/fingerprint.ts";
import { trackEventSchema } from "../../../src/events/schema.ts";
import { makeKey } from "./keys.ts";
import { EVENTS_PER_REQUEST, isAccepted, Requests, type Route } from "./requests.ts";

/** Parses the events of a request as the server would. */
function eventsOf(request: Uint8Array) {
  const [head = "", body = ""] = new TextDecoder().decode(request).split("\r\n\r\n");
  assertEquals(
    Number(/content-length: (\d+)/.exec(head)?.[1]),
    new TextEncoder().encode(body).length,
  );
  const value = JSON.parse(body);
  return (value.events ?? (value[0] === undefined ? [value] : Object.values(value))).map((
    event: unknown,
  ) => trackEventSchema.parse(event));
}

for (const route of ["track", "trackBatch", "trackCalls"] as const satisfies readonly Route[]) {
  Deno.test(`requests to ${route} are valid, and no two events have the same fingerprint`, () => {
    const sources = [new Requests(route, "none"), new Requests(route, "none")];
    const seen = new Set<string>();
    let events = 0;
    for (const source of sources) {
      for (let n = 0; n < 300; n++) {
        for (const { eventType, sessionId } of eventsOf(source.next())) {
          const same = { eventType, sessionId, userId: null, entityId: null, occurredAtMs: 0 };
          seen.add(computeFingerprint(same).value);
          events += 1;
        }
      }
    }
    assertEquals(events, 2 * 300 * EVENTS_PER_REQUEST[route]);
    assertEquals(seen.size, events);
  });
}

Deno.test("keys are distinct, and begin with the time or with random digits", () => {
  const keysOf = (keys: "random" | "ordered") => {
    const requests = new Requests("trackBatch", keys);
    return Array.from({ length: 20 }, () => eventsOf(requests.next())).flat()
      .map(({ idempotencyKey }) => String(idempotencyKey));
  };
  const heads = (keys: readonly string[]) => keys.map((key) => key.slice(0, 13));
  const ordered = keysOf("ordered");
  assertEquals(new Set(ordered).size, 20 * 50);
  assertEquals(heads(ordered), heads(ordered).toSorted());
  const hex = String(ordered[0]).replaceAll("-", "").slice(0, 12);
  assertLess(Math.abs(Number.parseInt(hex, 16) - Date.now()), 60_000);

  const random = keysOf("random");
  assertEquals(new Set(heads(random)).size, 20 * 50);
  assertNotEquals(random, random.toSorted());
});

Deno.test("a key as text is a UUID, as in requests", () => {
  for (const [keys, version] of [["random", 4], ["ordered", 7]] as const) {
    assertMatch(
      makeKey(keys),
      new RegExp(`^[0-9a-f]{8}-[0-9a-f]{4}-${version}000-9000-[0-9a-f]{12}$`),
    );
  }
});

Deno.test("making the next request does not change an earlier one", () => {
  const requests = new Requests("track", "none");
  const all = Array.from({ length: 100 }, () => requests.next());
  assertEquals(new Set(all.map((bytes) => new TextDecoder().decode(bytes))).size, 100);
});

Deno.test("a response is accepted only if it acknowledges every event", () => {
  const tracked = '{"result":{"data":{"tracked":true}}}';
  const responses = {
    track: [tracked, tracked.replace("true", "false")],
    trackBatch: ['{"successful":50,"failed":0}', '{"successful":49,"failed":1}'],
    trackCalls: [`[${Array(50).fill(tracked)}]`, `[${Array(49).fill(tracked)}]`],
  } as const;
  for (const [route, [good, bad]] of Object.entries(responses)) {
    assertEquals([good, bad].map((body) => isAccepted(route as Route, body)), [true, false], route);
  }
});
