import { assertEquals } from "../support/assert.ts";
import { acceptAll, unreachable } from "./fake_page.ts";
import { open } from "./open.ts";

Deno.test("10.13 a full queue drops the oldest low-value events, then the oldest, and counts them", async () => {
  const { page, analytics } = open({ maxQueued: 3 });
  page.respond = unreachable;
  analytics.track("license_signed", { license_id: "1" });
  analytics.track("post_scroll_depth");
  analytics.track("mine", {}, { lowValue: true });
  analytics.track("a");
  analytics.track("b");
  analytics.track("c");
  assertEquals(analytics.getState().dropped, 3);
  page.respond = acceptAll;
  await analytics.flush();
  assertEquals(page.sent.map(({ eventType }) => eventType), ["a", "b", "c"]);
});
