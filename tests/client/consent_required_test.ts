import { assert, assertEquals, assertNotEquals } from "../support/assert.ts";
import { FakePage } from "./fake_page.ts";
import { open } from "./open.ts";

const required = { consent: "required" } as const;

function next({ page }: { page: FakePage }): FakePage {
  return page.openTab();
}

Deno.test("10.26 until optIn() nothing is stored or requested, then events are sent with their times", async () => {
  const { page, analytics } = open(required);
  const start = page.clock.now();
  analytics.track("a");
  const sessionId = analytics.getSessionId();
  await page.advance(90_000);
  assertEquals(await analytics.trackNow("b"), { tracked: false, queued: true });
  page.href = "https://shop.example/other";
  page.dispatch("pagehide");
  page.dispatch("online");
  page.setVisibility("hidden");
  page.setVisibility("visible");
  await page.advance(60_000);
  assertEquals([Object.keys(page.storage), page.requests, page.beacons], [[], [], []]);
  const { queued, awaitsConsent, optedOut } = analytics.getState();
  assertEquals([queued, awaitsConsent, optedOut], [2, true, false]);
  analytics.optIn();
  assertEquals(analytics.getState().awaitsConsent, false);
  await page.advance(1_000);
  assertEquals(
    page.sent.map((event) => [event.eventType, event.props?.occurred_at, event.sessionId]),
    [
      ["a", new Date(start).toISOString(), sessionId],
      ["b", new Date(start + 90_000).toISOString(), sessionId],
    ],
  );
  assertEquals(page.sent[0]?.attribution?.utmSource, "mail");
  assertEquals(analytics.getSessionId(), sessionId);
  const later = open(required, next({ page }));
  later.analytics.track("c");
  assertEquals([later.analytics.getState().awaitsConsent, later.analytics.getSessionId()], [
    undefined,
    sessionId,
  ]);
  await later.analytics.flush();
  assertEquals(later.page.sent.map(({ eventType }) => eventType), ["c"]);
});

Deno.test("10.26 after optIn() events are on disk until they are confirmed", async () => {
  const { page, analytics } = open(required);
  page.respond = () => Promise.reject(new TypeError("Failed to fetch"));
  analytics.track("a");
  analytics.optIn();
  await page.settle();
  assertEquals(
    Object.keys(page.storage).filter((name) => name.startsWith("sluice.https")).length,
    1,
  );
});

Deno.test("10.26 10.13 what waits for consent is at most maxQueued, those of low value dropped first", async () => {
  const { page, analytics } = open({ ...required, maxQueued: 3 });
  for (const type of ["a", "scroll", "b", "c", "d"]) analytics.track(type);
  assertEquals([analytics.getState().queued, analytics.getState().dropped], [3, 2]);
  analytics.optIn();
  await page.advance(1_000);
  assertEquals(page.sent.map(({ eventType }) => eventType), ["b", "c", "d"]);
});

Deno.test("10.26 optOut() while waiting drops what waits, stores only the choice, and is remembered", async () => {
  const { page, analytics } = open(required);
  analytics.track("a");
  analytics.optOut();
  analytics.track("b");
  await page.advance(60_000);
  const { queued, dropped, optedOut, awaitsConsent } = analytics.getState();
  assertEquals([queued, dropped, optedOut, awaitsConsent], [0, 1, true, false]);
  const later = open(required, next({ page }));
  later.analytics.track("c");
  await later.page.advance(60_000);
  assertEquals([later.analytics.getState().optedOut, later.analytics.getState().awaitsConsent], [
    true,
    false,
  ]);
  assertEquals([Object.keys(page.storage), page.requests, later.page.requests], [
    ["sluice.opted-out"],
    [],
    [],
  ]);
  later.analytics.optIn();
  later.analytics.track("d");
  await later.analytics.flush();
  assertEquals(later.page.sent.map(({ eventType }) => eventType), ["d"]);
});

Deno.test("10.15 10.26 optOut() after optIn() empties queue and storage", async () => {
  const { page, analytics } = open(required);
  analytics.optIn();
  page.respond = () => Promise.reject(new TypeError("Failed to fetch"));
  analytics.track("a");
  await page.advance(6_000);
  analytics.optOut();
  await page.settle();
  assertEquals([Object.keys(page.storage), analytics.getState().queued], [["sluice.opted-out"], 0]);
  page.storage.setItem("sluice.https://events.example 1", '{"id":"1"}'); // as if the page had ended before
  const later = open(required, next({ page }));
  await later.page.settle();
  assertEquals(Object.keys(page.storage).filter((name) => name.startsWith("sluice.https")), []);
});

Deno.test("10.26 a choice in one tab applies to all that wait", async () => {
  const here = open(required);
  const other = open(required, next(here));
  here.analytics.track("here");
  other.analytics.track("other");
  here.analytics.optIn();
  other.page.dispatch("storage");
  await here.page.advance(1_000);
  await other.page.advance(1_000);
  const sent = [...here.page.sent, ...other.page.sent].map(({ eventType }) => eventType);
  assertEquals(sent.toSorted(), ["here", "other"]);
  here.analytics.optOut();
  other.page.dispatch("storage");
  assertEquals(other.analytics.getState().optedOut, true);
});

Deno.test("10.26 an opt-in lasts for the page when the site clears storage, or where there is none", async () => {
  const { page, analytics } = open(required);
  analytics.optIn();
  page.storage.clear();
  analytics.track("a");
  await analytics.flush();
  assertEquals(page.sent.length, 1);
  const without = new FakePage();
  without.storage.setItem = () => {
    throw new Error("forbidden");
  };
  const { analytics: forbidden } = open(required, without);
  forbidden.track("b");
  await without.advance(10_000);
  assertEquals(without.requests, []);
  forbidden.optIn();
  await forbidden.flush();
  assertEquals(without.sent.map(({ eventType }) => eventType), ["b"]);
});

Deno.test("10.14 10.26 with Global Privacy Control consent is awaited too, and events are anonymous", async () => {
  const page = new FakePage();
  const port = page.page;
  Object.assign(port.navigator, { globalPrivacyControl: true });
  Object.defineProperty(page, "page", { value: port });
  const { analytics } = open(required, page);
  analytics.track("a");
  await page.advance(10_000);
  assertEquals(page.requests, []);
  analytics.optIn();
  await page.advance(1_000);
  assertEquals(page.sent.map(({ eventType, sessionId }) => [eventType, sessionId]), [[
    "a",
    undefined,
  ]]);
});

Deno.test("10.26 a session ends after idling while consent is awaited, and by reset()", () => {
  const { page, analytics } = open(required);
  const first = analytics.getSessionId();
  assert(first);
  analytics.reset();
  assertNotEquals(analytics.getSessionId(), first);
  assertEquals(Object.keys(page.storage), []);
});

Deno.test("10.26 any consent but granted is required; granted stores no opt-in", async () => {
  for (const consent of ["Required", "", null]) {
    const { page, analytics } = open({ consent: consent as "required" });
    analytics.track("a");
    await page.advance(10_000);
    assertEquals(page.requests, [], `${consent}`);
  }
  const granted = open({ consent: "granted" });
  granted.analytics.optIn();
  granted.analytics.track("a");
  await granted.analytics.flush();
  assertEquals([granted.page.sent.length, granted.page.storage.getItem("sluice.opted-out")], [
    1,
    null,
  ]);
});
