import { assert, assertEquals } from "../support/assert.ts";
import { rejecting } from "./fake_page.ts";
import { open, openTabs } from "./open.ts";

Deno.test("an event that another tab sent and the service refused counts as rejected", async () => {
  const [other, here] = openTabs();
  other.page.respond = here.page.respond = rejecting({ 0: "license_signed requires license_id" });
  here.analytics.track("a");
  await here.page.settle();
  await other.analytics.flush();
  assertEquals(await here.analytics.flush(), { sent: 0, rejected: 1, queued: 0 });
});

Deno.test("10.6 an event that another tab has sent is sent at most once more, with its key", async () => {
  const [other, here] = openTabs();
  here.analytics.track("a");
  await here.page.settle();
  await other.analytics.flush();
  await here.analytics.flush();
  const keys = [other, here].map(({ page }) => page.sent.map((event) => event.idempotencyKey));
  assertEquals(keys[0]?.length, 1);
  assertEquals(keys[1], keys[0]);
  await here.page.advance(60_000);
  assertEquals(here.page.sent.length, 1);
});

Deno.test("a page that clears its storage loses none of its events", async () => {
  const { page, analytics } = open();
  analytics.track("user_logged_out");
  await page.settle();
  page.storage.clear();
  assertEquals(await analytics.flush(), { sent: 1, rejected: 0, queued: 0 });
  assertEquals(page.sent.length, 1);
});

Deno.test("10.16 reset() in one tab ends the session in all", async () => {
  const [other, here] = openTabs();
  const before = here.analytics.getSessionId();
  assertEquals(other.analytics.getSessionId(), before);
  await other.page.advance(1_000); // ids are derived from the time
  other.analytics.reset();
  const after = here.analytics.getSessionId();
  assert(after !== before);
  assertEquals(other.analytics.getSessionId(), after);
});

Deno.test("a session continues even if storage is full", async () => {
  const { page, analytics } = open();
  page.storage.setItem = () => {
    throw new DOMException("full", "QuotaExceededError");
  };
  const first = analytics.getSessionId();
  await page.advance(1_000);
  assertEquals(analytics.getSessionId(), first);
});
