import { assertEquals } from "../support/assert.ts";
import { createAnalytics } from "../../src/client/analytics.ts";
import { FakePage, storedAll, unreachable } from "./fake_page.ts";
import { open } from "./open.ts";

const url = "https://events.example";

function sizes(page: FakePage): number[] {
  return page.beacons.map((body) => JSON.parse(body).events.length);
}

Deno.test("10.5 a hidden page sends what waits by beacon, 50 events or 60 KB at a time, once", async () => {
  const page = new FakePage();
  const analytics = createAnalytics({ url, batchSize: 1000 }, page.page);
  for (let n = 0; n < 60; n++) analytics.track("small", { n });
  for (const n of [1, 2, 3]) analytics.track("large", { n, text: "ä".repeat(15_000) });
  page.turn("hidden");
  page.happens("pagehide");
  assertEquals(sizes(page), [50, 11, 1, 1]);
  for (const body of page.beacons) {
    assertEquals(new TextEncoder().encode(body).length < 64 * 1024, true);
  }
  page.turn("visible");
  page.turn("hidden");
  assertEquals(page.beacons.length, 4);
  assertEquals(analytics.getState().queued, 63, "they stay until an answer confirms them");
  page.turn("visible");
  await page.advance(0);
  assertEquals(analytics.getState().queued, 0);
});

Deno.test("10.5 back on the network, a hidden page sends what its beacon failed to carry", async () => {
  const { page, analytics } = open();
  page.random = 1;
  page.answer = unreachable;
  analytics.track("a");
  for (let minute = 0; minute < 40; minute++) await page.advance(60_000);
  page.turn("hidden");
  page.answer = storedAll;
  page.happens("online");
  await page.advance(0);
  assertEquals(analytics.getState().sent, 1);
});
