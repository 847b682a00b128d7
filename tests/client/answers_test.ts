/** What fixtures between a page and the service: proxies, firewalls, silence. */

import { assertEquals } from "../support/assert.ts";
import { FakePage, silent, storedAll, unreachable } from "./fake_page.ts";
import { open } from "./open.ts";

/** A page that waits no longer than it has to. */
function impatient(): FakePage {
  return Object.assign(new FakePage(), { random: 0 });
}

async function minutes(page: FakePage, count: number): Promise<void> {
  for (let second = 0; second < count * 60; second++) await page.advance(1_000);
}

for (
  const [name, live] of [
    ["unreachable", unreachable],
    ["a page of somebody else", () => new Response("<html>", { status: 404 })],
    ["silent", silent],
  ] as const
) {
  Deno.test(`a service whose /livez is not public still gets the events: ${name}`, async () => {
    const page = impatient();
    page.live = live;
    const { analytics } = open({}, page);
    analytics.track("a");
    await minutes(page, 5);
    assertEquals(analytics.getState().sent, 1);
  });
}

Deno.test("10.7 without /livez a clock that is ten minutes fast costs no event", async () => {
  const page = impatient();
  page.live = unreachable;
  page.clockOffMs = 600_000;
  const { analytics, rejected } = open({}, page);
  page.answer = (asked) => {
    const { occurred_at } = asked.events[0]?.props ?? {};
    if (Date.parse(String(occurred_at)) <= page.clock.now() + 5_000) {
      return storedAll(asked, page.date());
    }
    const error = "props.occurred_at must not be in the future";
    return Response.json({ results: [{ data: null, error }] }, { headers: page.date() });
  };
  analytics.track("a");
  await analytics.flush();
  await page.advance(10_000);
  assertEquals([analytics.getState().sent, rejected], [1, []]);
});

Deno.test("a proxy's 413 without JSON is halved", async () => {
  const page = impatient();
  const { analytics, rejected } = open({ batchSize: 100 }, page);
  page.answer = (asked) =>
    asked.events.length > 10
      ? new Response("<h1>413 Request Entity Too Large</h1>", { status: 413 })
      : storedAll(asked);
  for (let n = 0; n < 60; n++) analytics.track("a", { n });
  await minutes(page, 5);
  assertEquals([analytics.getState().sent, rejected], [60, []]);
});

Deno.test("what a proxy alone refuses stays: the service may take it another day", async () => {
  const page = impatient();
  const { analytics, rejected } = open({}, page);
  page.answer = () => new Response("<h1>413</h1>", { status: 413 });
  analytics.track("a");
  await analytics.flush();
  assertEquals([analytics.getState().queued, rejected], [1, []]);
});

Deno.test("10.11 an event that never gets through lets the others go", async () => {
  const page = impatient();
  const { analytics } = open({}, page);
  page.answer = (asked) =>
    asked.events.some(({ eventType }) => eventType === "bad") ? unreachable() : storedAll(asked);
  analytics.track("bad");
  for (let n = 0; n < 9; n++) analytics.track("good", { n });
  await minutes(page, 30);
  assertEquals([analytics.getState().sent, analytics.getState().queued], [9, 1]);
});

Deno.test("a request that is never answered is given up, and the queue goes on", async () => {
  const page = impatient();
  const { analytics } = open({}, page);
  page.answer = silent;
  analytics.track("a");
  await page.advance(5_000);
  page.answer = storedAll;
  analytics.track("b");
  await page.advance(29_000);
  assertEquals(page.batches.length, 1);
  await minutes(page, 2);
  assertEquals(analytics.getState().sent, 2);
});

Deno.test("an answer whose body never ends is given up as well", async () => {
  const page = impatient();
  const { analytics } = open({}, page);
  page.answer = ({ signal }) =>
    new Response(
      new ReadableStream({
        start: (body) => signal?.addEventListener("abort", () => body.error(signal.reason)),
      }),
    );
  analytics.track("a");
  await page.advance(5_000);
  page.answer = storedAll;
  await minutes(page, 1);
  assertEquals(analytics.getState().sent, 1);
});
