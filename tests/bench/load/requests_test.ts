import { assertEquals, assertLess } from "../../support/assert.ts";
import { computeFingerprint } from "../../../src/events/fingerprint.ts";
import { trackEventSchema } from "../../../src/events/schema.ts";
import { EVENTS_PER_REQUEST, Requests, type Route } from "./requests.ts";

/** Parses the events of a request as the server would. */
function eventsOf(request: Uint8Array) {
  const [head = "", body = ""] = new TextDecoder().decode(request).split("\r\n\r\n");
  assertEquals(
    Number(/content-length: (\d+)/.exec(head)?.[1]),
    new TextEncoder().encode(body).length,
  );
  const value = JSON.parse(body);
  return (value.events ?? [value]).map((event: unknown) => trackEventSchema.parse(event));
}

for (const route of ["track", "trackBatch"] as const satisfies readonly Route[]) {
  Deno.test(`requests to ${route} are valid, and no two events have the same fingerprint`, () => {
    const sources = [new Requests(route), new Requests(route)];
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

Deno.test("keyed requests have distinct keys that begin with the time", () => {
  const requests = new Requests("trackBatch", true);
  const keys = Array.from({ length: 20 }, () => eventsOf(requests.next())).flat()
    .map(({ idempotencyKey }) => String(idempotencyKey));
  assertEquals([new Set(keys).size, keys.toSorted()], [20 * 50, keys]);
  const hex = String(keys[0]).replaceAll("-", "").slice(0, 12);
  assertLess(Math.abs(Number.parseInt(hex, 16) - Date.now()), 60_000);
});

Deno.test("making the next request does not change an earlier one", () => {
  const requests = new Requests("track");
  const all = Array.from({ length: 100 }, () => requests.next());
  assertEquals(new Set(all.map((bytes) => new TextDecoder().decode(bytes))).size, 100);
});
