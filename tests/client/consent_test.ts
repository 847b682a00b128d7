import { assertEquals } from "../support/assert.ts";
import { acceptAll, FakePage, neverRespond } from "./fake_page.ts";
import { open, openTabs } from "./open.ts";

Deno.test("10.15 optOut() right before a reload sends nothing", async () => {
  const { page, analytics } = open();
  analytics.track("a");
  analytics.optOut();
  page.dispatch("pagehide"); // in the same task, as when the banner's click reloads the page
  await page.advance(60_000);
  assertEquals([page.beacons, page.requests], [[], []]);
  assertEquals([analytics.getState().queued, analytics.getState().dropped], [0, 1]);
});

Deno.test("10.15 optOut() while the server's time is requested sends nothing", async () => {
  const { page, analytics } = open();
  page.respondToLivez = neverRespond;
  analytics.track("a");
  const result = analytics.flush();
  await page.settle();
  analytics.optOut();
  await result;
  assertEquals(page.requests.map(({ path }) => path), ["/livez"]);
});

Deno.test("optOut() leaves nothing but the opt-out in storage", async () => {
  const { page, analytics } = open();
  page.respond = (request) => acceptAll(request, page.dateHeader());
  analytics.track("a");
  await analytics.flush();
  page.respond = neverRespond;
  analytics.track("b");
  await page.advance(5_000);
  analytics.optOut();
  await page.settle();
  assertEquals(Object.keys(page.storage), ["sluice.opted-out"]);
});

Deno.test("10.15 an opt-out in another tab applies to this one, and so does an opt-in", async () => {
  const [other, here] = openTabs();
  here.analytics.track("before");
  await here.page.settle();
  other.analytics.optOut();
  await other.page.settle();
  here.page.dispatch("pagehide"); // it may end before the storage event
  assertEquals(here.page.beacons, []);
  here.page.dispatch("storage");
  assertEquals([here.analytics.getState().optedOut, here.analytics.getState().queued], [true, 0]);
  here.analytics.track("out");
  other.analytics.optIn();
  here.page.dispatch("storage");
  assertEquals(here.analytics.getState().optedOut, false);
  here.analytics.track("in");
  await here.analytics.flush();
  assertEquals(here.page.sent.map(({ eventType }) => eventType), ["in"]);
});

Deno.test("an opt-in in another tab applies before the storage event arrives", async () => {
  const [other, here] = openTabs();
  here.analytics.optOut();
  other.analytics.optIn();
  here.analytics.track("in");
  await here.analytics.flush();
  assertEquals(here.page.sent.map(({ eventType }) => eventType), ["in"]);
});

Deno.test("events from before an opt-out are not sent after an opt-in, in any tab", async () => {
  const [other, here] = openTabs();
  here.analytics.track("before");
  await here.page.settle();
  other.analytics.optOut();
  here.page.dispatch("pagehide"); // it enters the back/forward cache, where no events arrive
  other.analytics.optIn();
  here.page.dispatch("pageshow");
  await here.analytics.flush();
  assertEquals(here.page.sent, []);
});

Deno.test("a tab notices an opt-out on its next track(), before the storage event", () => {
  const [other, here] = openTabs();
  here.analytics.track("before");
  other.analytics.optOut();
  here.analytics.track("after");
  const { optedOut, queued, dropped } = here.analytics.getState();
  assertEquals([optedOut, queued, dropped], [true, 0, 1]);
});

Deno.test("the next page removes events left on disk by a page that opted out and closed", async () => {
  const { page, analytics } = open();
  analytics.track("a");
  await page.settle();
  page.storage.setItem("sluice.opted-out", "1"); // and it ended before removing the event
  const next = open({}, new FakePage(page.storage, page.clock));
  await next.page.settle();
  assertEquals(next.analytics.getState().optedOut, true);
  assertEquals(Object.keys(page.storage), ["sluice.opted-out"]);
});

Deno.test("the same event after optOut() and optIn() is not a double click", async () => {
  const { page, analytics } = open();
  analytics.track("a");
  analytics.optOut();
  analytics.optIn();
  analytics.track("a");
  await analytics.flush();
  assertEquals(page.sent.length, 1);
});

Deno.test("an event tracked right after optOut() and optIn() is sent", async () => {
  const { page, analytics } = open();
  analytics.track("before");
  analytics.optOut();
  analytics.optIn();
  analytics.track("after");
  await analytics.flush();
  assertEquals(page.sent.map(({ eventType }) => eventType), ["after"]);
});

Deno.test("after an opt-out in another tab this one stays idle", async () => {
  const [other, here] = openTabs();
  here.analytics.track("a");
  await here.page.settle();
  other.analytics.optOut();
  let changes = 0;
  here.analytics.subscribe(() => changes += 1);
  here.page.dispatch("storage");
  await here.page.advance(10_000);
  changes = 0;
  for (let minute = 0; minute < 10; minute++) await here.page.advance(60_000);
  assertEquals(changes, 0);
});
