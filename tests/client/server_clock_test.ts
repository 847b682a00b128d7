import { assertEquals, assertGreaterOrEqual, assertLessOrEqual } from "../support/assert.ts";
import { createServerClock } from "../../src/client/server_clock.ts";
import { acceptAll, FakePage } from "./fake_page.ts";
import { open } from "./open.ts";

/** A response that took `goMs` to the server and `backMs` back; a `Date` is truncated to seconds. */
async function exchange(page: FakePage, goMs: number, backMs: number) {
  const sentAt = page.page.Date.now();
  await page.clock.advance(goMs);
  const { date = "" } = page.dateHeader();
  await page.clock.advance(backMs);
  return { date, sentAt };
}

Deno.test("10.7 the smallest offset seen is used, so that no corrected time is in the future", async () => {
  const page = new FakePage();
  page.clockOffsetMs = 600_000;
  const clock = createServerClock(page.page);
  assertEquals(clock._offset, NaN);
  for (
    const [go, back, offset] of [[0, 900, 600_900], [0, 300, 600_300], [0, 700, 600_300]] as const
  ) {
    await page.clock.advance(1_000 - page.clock.now() % 1_000);
    const { date, sentAt } = await exchange(page, go, back);
    clock._update(date, sentAt);
    assertEquals(clock._offset, offset);
  }
});

Deno.test("a clock that is set while the page is open is detected, in both directions", async () => {
  const page = new FakePage();
  const clock = createServerClock(page.page);
  for (const offset of [0, 3_600_000, 0, -3_600_000]) {
    page.clockOffsetMs = offset;
    const { date, sentAt } = await exchange(page, 20, 20);
    clock._update(date, sentAt);
    const error = clock._offset - offset;
    assertGreaterOrEqual(error, 0);
    assertLessOrEqual(error, 1_040);
  }
});

Deno.test("10.7 clocks that may agree are left alone, whatever part of a second Date lacks", async () => {
  for (const fraction of [0, 1, 500, 999]) {
    for (const [go, back] of [[0, 0], [20, 20], [0, 5_000], [5_000, 0]] as const) {
      const page = new FakePage();
      const clock = createServerClock(page.page);
      await page.clock.advance(fraction - page.clock.now() % 1_000 + 1_000);
      const { date, sentAt } = await exchange(page, go, back);
      for (const ageMs of [0, 1_000]) {
        clock._update(new Date(Date.parse(date) - ageMs).toUTCString(), sentAt);
        assertEquals(clock._offset, 0, `${fraction} ms, ${go} there, ${back} back, ${ageMs} old`);
      }
    }
  }
});

Deno.test("a response without a date changes nothing", () => {
  const page = new FakePage();
  const clock = createServerClock(page.page);
  for (const date of [null, "", "yesterday"]) clock._update(date, 0);
  assertEquals(clock._offset, NaN);
});

Deno.test("the offset is kept across visits", async () => {
  const page = new FakePage();
  page.clockOffsetMs = 5_000;
  const { date, sentAt } = await exchange(page, 0, 0);
  createServerClock(page.page)._update(date, sentAt);
  assertEquals(createServerClock(page.page)._offset, 5_000);
});

for (const [ahead, ms] of [["40 days", 40 * 86_400_000], ["an hour", 3_600_000]] as const) {
  Deno.test(`a clock that was corrected since the last visit loses no event: ${ahead}`, async () => {
    const page = new FakePage();
    page.random = 0;
    page.storage.setItem("sluice.offset", String(ms));
    const { analytics, rejected } = open({}, page);
    page.respond = (request) => {
      const age = page.clock.now() - Date.parse(String(request.events[0]?.props?.occurred_at));
      if (age < 30 * 86_400_000) return acceptAll(request, page.dateHeader());
      const error = "props.occurred_at must not be older than 30 days";
      return Response.json({ results: [{ data: null, error }] }, { headers: page.dateHeader() });
    };
    analytics.track("a");
    await analytics.flush();
    await page.advance(10_000);
    assertEquals([analytics.getState().sent, rejected], [1, []]);
  });
}

/** When the service was told that an event happened, and when it did, in epoch milliseconds. */
async function trackAfterLivez(page: FakePage): Promise<readonly [told: number, real: number]> {
  const { analytics } = open({}, page);
  analytics.track("a");
  await analytics.flush();
  return [Date.parse(String(page.sent[0]?.props?.occurred_at)), page.clock.now()];
}

for (const age of ["3600", "1", "3600, 3600"]) {
  Deno.test(`10.18 a Date beside Age: ${age} is not believed, as the response is a cached one`, async () => {
    const page = new FakePage();
    const date = new Date(page.clock.now() - 3_600_000).toUTCString();
    page.respondToLivez = () => new Response("", { headers: { date, age } });
    const [told, real] = await trackAfterLivez(page);
    assertEquals(told, real);
  });
}

Deno.test("10.18 a Date beside Age: 0 is believed: some proxies add it to every response", async () => {
  const page = new FakePage();
  page.clockOffsetMs = 3_600_000;
  page.respondToLivez = () => new Response("", { headers: { ...page.dateHeader(), age: "0" } });
  const [told, real] = await trackAfterLivez(page);
  assertLessOrEqual(Math.abs(told - real), 1_000);
});

Deno.test("10.18 no cache has seen the URL that the clock is read from", async () => {
  const queries = new Set<string>();
  for (let n = 0; n < 3; n++) {
    const page = new FakePage();
    await page.clock.advance(n);
    page.respondToLivez = ({ query }) => {
      queries.add(query);
      return new Response("", { headers: page.dateHeader() });
    };
    await trackAfterLivez(page);
  }
  assertEquals([queries.size, queries.has("")], [3, false]);
});
