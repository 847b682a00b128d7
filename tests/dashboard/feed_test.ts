import type { ListedEvent } from "../../src/admin/schema/events.ts";
import { Feed, MAX_ROWS } from "../../src/dashboard/tail/feed.ts";
import { assertEquals } from "../support/assert.ts";

/** Events with these numbers as ids. */
function events(...numbers: number[]): ListedEvent[] {
  return numbers.map((n) => ({
    eventId: String(n).padStart(8, "0"),
    receivedAt: "2026-03-01T12:00:00.000Z",
    occurredAt: "2026-03-01T12:00:00.000Z",
    eventType: "page_viewed",
    knownEventType: true,
    source: "web",
    entityType: null,
    entityId: null,
    sessionId: null,
    userId: null,
    state: "buffered",
  }));
}

function numbersOf(feed: Feed): number[] {
  return feed.state.rows.map(({ eventId }) => Number(eventId));
}

Deno.test("a feed shows each event once, newest first, in whatever order they arrive", () => {
  const feed = new Feed();
  assertEquals(feed.add({ events: events(4, 2), more: false }), true);
  assertEquals(feed.add({ events: events(3, 2), more: false }), true);
  assertEquals(feed.add({ events: events(3, 4), more: false }), false);
  assertEquals(numbersOf(feed), [4, 3, 2]);
});

Deno.test("a paused feed counts new events and shows them when it is resumed", () => {
  const feed = new Feed();
  feed.add({ events: events(1), more: false });
  feed.pause();
  feed.add({ events: events(3, 2), more: true });
  assertEquals(numbersOf(feed), [1]);
  assertEquals(feed.state, { ...feed.state, isPaused: true, waiting: 2, more: true });
  feed.resume();
  assertEquals(numbersOf(feed), [3, 2, 1]);
  assertEquals(feed.state.waiting, 0);
});

Deno.test("a feed keeps at most MAX_ROWS rows, paused or not", () => {
  const feed = new Feed();
  for (let n = 0; n < 2_000; n += 100) {
    if (n === 1_000) feed.pause();
    feed.add({ events: events(...Array.from({ length: 100 }, (_, i) => n + i)), more: true });
  }
  assertEquals(numbersOf(feed)[0], 999);
  assertEquals(feed.state.waiting, 1_000);
  feed.resume();
  assertEquals(numbersOf(feed)[0], 1_999);
  assertEquals(feed.state.rows.length, MAX_ROWS);
});
