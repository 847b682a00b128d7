import { assertEquals } from "../support/assert.ts";
import { FakePage, silent, storedAll } from "./fake_page.ts";
import { open, openTabs } from "./open.ts";

Deno.test("10.15 optOut() and a reload right after it send nothing", async () => {
  const { page, analytics } = open();
  analytics.track("a");
  analytics.optOut();
  page.happens("pagehide"); // with no turn of the event loop between: the banner's click reloads
  await page.advance(60_000);
  assertEquals([page.beacons, page.asked], [[], []]);
  assertEquals([analytics.getState().queued, analytics.getState().dropped], [0, 1]);
});

Deno.test("optOut() leaves in storage that one has opted out, and nothing else", async () => {
  const { page, analytics } = open();
  page.answer = (asked) => storedAll(asked, page.date());
  analytics.track("a");
  await analytics.flush();
  page.answer = silent;
  analytics.track("b");
  await page.advance(5_000);
  analytics.optOut();
  await page.settle();
  assertEquals(Object.keys(page.storage), ["sluice.opted-out"]);
});

Deno.test("10.15 an opt-out in another tab holds in this one, and an opt-in too", async () => {
  const [there, here] = openTabs();
  here.analytics.track("before");
  await here.page.settle();
  there.analytics.optOut();
  await there.page.settle();
  here.page.happens("pagehide"); // it may end before it hears of it
  assertEquals(here.page.beacons, []);
  here.page.happens("storage");
  assertEquals([here.analytics.getState().optedOut, here.analytics.getState().queued], [true, 0]);
  here.analytics.track("out");
  there.analytics.optIn();
  here.page.happens("storage");
  assertEquals(here.analytics.getState().optedOut, false);
  here.analytics.track("in");
  await here.analytics.flush();
  assertEquals(here.page.sent.map(({ eventType }) => eventType), ["in"]);
});

Deno.test("an opt-in counts in a tab that has not heard of it yet", async () => {
  const [there, here] = openTabs();
  here.analytics.optOut();
  there.analytics.optIn();
  here.analytics.track("in");
  await here.analytics.flush();
  assertEquals(here.page.sent.map(({ eventType }) => eventType), ["in"]);
});

Deno.test("what was tracked before an opt-out is not sent after an opt-in, in whichever tab", async () => {
  const [there, here] = openTabs();
  here.analytics.track("before");
  await here.page.settle();
  there.analytics.optOut();
  here.page.happens("pagehide"); // it goes into the back/forward cache, where it hears of nothing
  there.analytics.optIn();
  here.page.happens("pageshow");
  await here.analytics.flush();
  assertEquals(here.page.sent, []);
});

Deno.test("a tab that has not heard of an opt-out yet does so when it tracks", () => {
  const [there, here] = openTabs();
  here.analytics.track("before");
  there.analytics.optOut();
  here.analytics.track("after");
  const { optedOut, queued, dropped } = here.analytics.getState();
  assertEquals([optedOut, queued, dropped], [true, 0, 1]);
});

Deno.test("what a page that opted out and ended left on disk, the next one takes away", async () => {
  const { page, analytics } = open();
  analytics.track("a");
  await page.settle();
  page.storage.setItem("sluice.opted-out", "1"); // and no time for more
  const next = open({}, new FakePage(page.storage, page.clock));
  await next.page.settle();
  assertEquals(next.analytics.getState().optedOut, true);
  assertEquals(Object.keys(page.storage), ["sluice.opted-out"]);
});

Deno.test("the same event right after optOut() and optIn() is no double click", async () => {
  const { page, analytics } = open();
  analytics.track("a");
  analytics.optOut();
  analytics.optIn();
  analytics.track("a");
  await analytics.flush();
  assertEquals(page.sent.length, 1);
});

Deno.test("optOut(), optIn() and track() keep the new event", async () => {
  const { page, analytics } = open();
  analytics.track("before");
  analytics.optOut();
  analytics.optIn();
  analytics.track("after");
  await analytics.flush();
  assertEquals(page.sent.map(({ eventType }) => eventType), ["after"]);
});

Deno.test("an opt-out in another tab wakes nobody", async () => {
  const [there, here] = openTabs();
  here.analytics.track("a");
  await here.page.settle();
  there.analytics.optOut();
  let changes = 0;
  here.analytics.subscribe(() => changes += 1);
  here.page.happens("storage");
  await here.page.advance(10_000);
  changes = 0;
  for (let minute = 0; minute < 10; minute++) await here.page.advance(60_000);
  assertEquals(changes, 0);
});
