/** Trouble between a page and the service: proxies, firewalls, timeouts. */

import { assertEquals } from "../support/assert.ts";
import { acceptAll, FakePage, neverRespond, unreachable } from "./fake_page.ts";
import { open } from "./open.ts";

/** A page whose retries come as early as possible. */
function openEagerPage(): FakePage {
  return Object.assign(new FakePage(), { random: 0 });
}

async function advanceMinutes(page: FakePage, count: number): Promise<void> {
  for (let second = 0; second < count * 60; second++) await page.advance(1_000);
}

for (
  const [name, respond] of [
    ["unreachable", unreachable],
    ["a 404 page", () => new Response("<html>", { status: 404 })],
    ["no response", neverRespond],
  ] as const
) {
  Deno.test(`events are sent even if /livez is not public: ${name}`, async () => {
    const page = openEagerPage();
    page.respondToLivez = respond;
    const { analytics } = open({}, page);
    analytics.track("a");
    await advanceMinutes(page, 5);
    assertEquals(analytics.getState().sent, 1);
  });
}

Deno.test("10.7 without /livez a clock that is ten minutes fast loses no event", async () => {
  const page = openEagerPage();
  page.respondToLivez = unreachable;
  page.clockOffsetMs = 600_000;
  const { analytics, rejected } = open({}, page);
  page.respond = (request) => {
    const { occurred_at } = request.events[0]?.props ?? {};
    if (Date.parse(String(occurred_at)) <= page.clock.now() + 5_000) {
      return acceptAll(request, page.dateHeader());
    }
    const error = "props.occurred_at must not be in the future";
    return Response.json({ results: [{ data: null, error }] }, { headers: page.dateHeader() });
  };
  analytics.track("a");
  await analytics.flush();
  await page.advance(10_000);
  assertEquals([analytics.getState().sent, rejected], [1, []]);
});

Deno.test("a batch that a proxy refuses with 413 is halved", async () => {
  const page = openEagerPage();
  const { analytics, rejected } = open({ batchSize: 100 }, page);
  page.respond = (request) =>
    request.events.length > 10
      ? new Response("<h1>413 Request Entity Too Large</h1>", { status: 413 })
      : acceptAll(request);
  for (let n = 0; n < 60; n++) analytics.track("a", { n });
  await advanceMinutes(page, 5);
  assertEquals([analytics.getState().sent, rejected], [60, []]);
});

Deno.test("an event that only a proxy has refused stays queued", async () => {
  const page = openEagerPage();
  const { analytics, rejected } = open({}, page);
  page.respond = () => new Response("<h1>413</h1>", { status: 413 });
  analytics.track("a");
  await analytics.flush();
  assertEquals([analytics.getState().queued, rejected], [1, []]);
});

Deno.test("10.11 an event that never gets through does not block the others", async () => {
  const page = openEagerPage();
  const { analytics } = open({}, page);
  page.respond = (request) =>
    request.events.some(({ eventType }) => eventType === "bad")
      ? unreachable()
      : acceptAll(request);
  analytics.track("bad");
  for (let n = 0; n < 9; n++) analytics.track("good", { n });
  await advanceMinutes(page, 30);
  assertEquals([analytics.getState().sent, analytics.getState().queued], [9, 1]);
});

Deno.test("a request without a response times out, and the queue continues", async () => {
  const page = openEagerPage();
  const { analytics } = open({}, page);
  page.respond = neverRespond;
  analytics.track("a");
  await page.advance(5_000);
  page.respond = acceptAll;
  analytics.track("b");
  await page.advance(29_000);
  assertEquals(page.batches.length, 1);
  await advanceMinutes(page, 2);
  assertEquals(analytics.getState().sent, 2);
});

Deno.test("a response whose body never ends times out as well", async () => {
  const page = openEagerPage();
  const { analytics } = open({}, page);
  page.respond = ({ signal }) =>
    new Response(
      new ReadableStream({
        start: (body) => signal?.addEventListener("abort", () => body.error(signal.reason)),
      }),
    );
  analytics.track("a");
  await page.advance(5_000);
  page.respond = acceptAll;
  await advanceMinutes(page, 1);
  assertEquals(analytics.getState().sent, 1);
});
