import { assertEquals, assertLess } from "../support/assert.ts";
import { createAnalytics } from "../../src/client/analytics.ts";
import { acceptAll, FakePage, unreachable } from "./fake_page.ts";
import { open } from "./open.ts";

const url = "https://events.example";

function beaconSizes(page: FakePage): number[] {
  return page.beacons.map((body) => JSON.parse(body).events.length);
}

Deno.test("10.5 a hidden page sends its queue by beacon, once, at most 50 events or 64 KiB at a time", async () => {
  const page = new FakePage();
  const analytics = createAnalytics({ url, batchSize: 1000 }, page.page);
  for (let n = 0; n < 60; n++) analytics.track("small", { n });
  for (const n of [1, 2, 3]) analytics.track("large", { n, text: "ä".repeat(15_000) });
  page.setVisibility("hidden");
  page.dispatch("pagehide");
  assertEquals(beaconSizes(page), [50, 11, 1, 1]);
  for (const body of page.beacons) {
    assertLess(new TextEncoder().encode(body).length, 64 * 1024);
  }
  page.setVisibility("visible");
  page.setVisibility("hidden");
  assertEquals(page.beacons.length, 4);
  assertEquals(analytics.getState().queued, 63, "they stay queued until a response confirms them");
  page.setVisibility("visible");
  await page.advance(0);
  assertEquals(analytics.getState().queued, 0);
});

Deno.test("10.5 a hidden page that is online again sends what its beacon could not", async () => {
  const { page, analytics } = open();
  page.random = 1;
  page.respond = unreachable;
  analytics.track("a");
  for (let minute = 0; minute < 40; minute++) await page.advance(60_000);
  page.setVisibility("hidden");
  page.respond = acceptAll;
  page.dispatch("online");
  await page.advance(0);
  assertEquals(analytics.getState().sent, 1);
});
