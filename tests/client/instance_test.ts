import { assertEquals } from "../support/assert.ts";
import { rejecting, unreachable } from "./fake_page.ts";
import { open } from "./open.ts";

Deno.test("10.1 errors thrown by callbacks are caught", async () => {
  const { page, analytics } = open({
    onRejected() {
      throw new Error("thrown by the page");
    },
  });
  analytics.subscribe(() => {
    throw new Error("thrown by the page");
  });
  page.respond = rejecting({ 0: "no" });
  analytics.track("a");
  assertEquals(await analytics.flush(), { sent: 0, rejected: 1, queued: 0 });
});

Deno.test("trackNow() returns what happened to the event", async () => {
  const { page, analytics } = open();
  assertEquals(await analytics.trackNow("a"), { tracked: true, queued: false });
  page.respond = rejecting({ 0: "no" });
  assertEquals(await analytics.trackNow("b"), { tracked: false, queued: false });
  page.respond = unreachable;
  assertEquals(await analytics.trackNow("c"), { tracked: false, queued: true });
});

Deno.test("after shutdown() nothing is tracked or sent", async () => {
  const { page, analytics } = open();
  analytics.track("a");
  assertEquals(await analytics.shutdown(), { sent: 1, rejected: 0, queued: 0 });
  analytics.track("b");
  page.setVisibility("hidden");
  page.dispatch("online");
  await page.advance(60_000);
  assertEquals([page.batches.length, page.beacons.length], [1, 0]);
});
