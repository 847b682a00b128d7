import * as fc from "fast-check";
import { MAX_IDLE_MS, MAX_VISIT_MS, splitIntoVisits } from "../../src/events/visits.ts";
import { assertEquals, assertLess } from "../support/assert.ts";

const MINUTE = 60_000;

function counts(times: readonly number[]): number[] {
  return splitIntoVisits(times, null).map(({ events }) => events);
}

Deno.test("7.10 events at most 30 minutes apart are one visit", () => {
  assertEquals(splitIntoVisits([0, 10 * MINUTE, 40 * MINUTE], null), [
    { startedAt: 0, lastSeenAt: 40 * MINUTE, events: 3 },
  ]);
});

Deno.test("7.10 more than 30 minutes without an event end a visit", () => {
  assertEquals(counts([0, MAX_IDLE_MS, 2 * MAX_IDLE_MS + 1]), [2, 1]);
});

Deno.test("7.10 a visit lasts at most 24 hours", () => {
  const times = Array.from({ length: 150 }, (_, i) => i * 10 * MINUTE);
  assertEquals(counts(times), [144, 6]);
});

Deno.test("an open visit continues", () => {
  const open = { startedAt: 0, lastSeenAt: 5 * MINUTE, events: 4 };
  assertEquals(splitIntoVisits([6 * MINUTE, 100 * MINUTE], open), [
    { startedAt: 0, lastSeenAt: 6 * MINUTE, events: 5 },
    { startedAt: 100 * MINUTE, lastSeenAt: 100 * MINUTE, events: 1 },
  ]);
});

Deno.test("every event has a visit, and no visit is too long or has a gap, wherever the events are split", () => {
  const gaps = fc.array(fc.nat({ max: 60 * MINUTE }), { minLength: 1, maxLength: 60 });
  fc.assert(fc.property(gaps, fc.nat(59), (gaps, cut) => {
    let at = 0;
    const times = gaps.map((gap) => at += gap);
    const visits = splitIntoVisits(times, null);
    assertEquals(visits.reduce((sum, { events }) => sum + events, 0), times.length);
    for (const { startedAt, lastSeenAt } of visits) {
      assertLess(lastSeenAt - startedAt, MAX_VISIT_MS);
    }
    const first = splitIntoVisits(times.slice(0, cut), null);
    const second = splitIntoVisits(times.slice(cut), first.at(-1) ?? null);
    assertEquals([...first.slice(0, -1), ...second], visits, "as if they had come at once");
  }));
});
