import { assert, assertEquals } from "../../support/assert.ts";
import { fingerprint } from "../../../src/events/fingerprint.ts";
import { trackEventSchema } from "../../../src/events/schema.ts";
import { EVENTS_A_REQUEST, Requests, type Route } from "./requests.ts";

/** The events of a request, as a server would read them. */
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
  Deno.test(`requests to ${route} are valid, and no two events of one second are twins`, () => {
    const makers = [new Requests(route), new Requests(route)];
    const seen = new Set<string>();
    let events = 0;
    for (const maker of makers) {
      for (let n = 0; n < 300; n++) {
        for (const { eventType, sessionId } of eventsOf(maker.next())) {
          const same = { eventType, sessionId, userId: null, entityId: null, occurredAtMs: 0 };
          seen.add(fingerprint(same).value);
          events += 1;
        }
      }
    }
    assertEquals(events, 2 * 300 * EVENTS_A_REQUEST[route]);
    assertEquals(seen.size, events);
  });
}

Deno.test("keyed requests have keys that are all different and begin with the time", () => {
  const requests = new Requests("trackBatch", true);
  const keys = Array.from({ length: 20 }, () => eventsOf(requests.next())).flat()
    .map(({ idempotencyKey }) => String(idempotencyKey));
  assertEquals([new Set(keys).size, keys.toSorted()], [20 * 50, keys]);
  const hex = String(keys[0]).replaceAll("-", "").slice(0, 12);
  assert(Math.abs(Number.parseInt(hex, 16) - Date.now()) < 60_000);
});

Deno.test("a request that was handed out is not changed by the next", () => {
  const requests = new Requests("track");
  const all = Array.from({ length: 100 }, () => requests.next());
  assert(new Set(all.map((bytes) => new TextDecoder().decode(bytes))).size === 100);
});
