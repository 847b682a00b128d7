import { assert, assertEquals } from "../support/assert.ts";
import { refusing } from "./fake_page.ts";
import { open, openTabs } from "./open.ts";

Deno.test("an event that another tab had refused is not tracked", async () => {
  const [there, here] = openTabs();
  there.page.answer = here.page.answer = refusing({ 0: "license_signed requires license_id" });
  here.analytics.track("a");
  await here.page.settle();
  await there.analytics.flush();
  assertEquals(await here.analytics.flush(), { sent: 0, rejected: 1, queued: 0 });
});

Deno.test("10.6 what another tab has sent is sent once more at the most, with its key", async () => {
  const [there, here] = openTabs();
  here.analytics.track("a");
  await here.page.settle();
  await there.analytics.flush();
  await here.analytics.flush();
  const keys = [there, here].map(({ page }) => page.sent.map((event) => event.idempotencyKey));
  assertEquals(keys[0]?.length, 1);
  assertEquals(keys[1], keys[0]);
  await here.page.advance(60_000);
  assertEquals(here.page.sent.length, 1);
});

Deno.test("an app that clears its storage loses no event of this page", async () => {
  const { page, analytics } = open();
  analytics.track("user_logged_out");
  await page.settle();
  page.storage.clear();
  assertEquals(await analytics.flush(), { sent: 1, rejected: 0, queued: 0 });
  assertEquals(page.sent.length, 1);
});

Deno.test("10.16 a logout in one tab ends the session in all", async () => {
  const [there, here] = openTabs();
  const before = here.analytics.getSessionId();
  assertEquals(there.analytics.getSessionId(), before);
  await there.page.advance(1_000); // ids are made of the time
  there.analytics.reset();
  const after = here.analytics.getSessionId();
  assert(after !== before);
  assertEquals(there.analytics.getSessionId(), after);
});

Deno.test("where storage is full a session goes on all the same", async () => {
  const { page, analytics } = open();
  page.storage.setItem = () => {
    throw new DOMException("full", "QuotaExceededError");
  };
  const first = analytics.getSessionId();
  await page.advance(1_000);
  assertEquals(analytics.getSessionId(), first);
});
