import { assert, assertEquals, assertMatch, assertThrows } from "../support/assert.ts";
import { createAnalytics } from "../../src/client/analytics.ts";
import type { AnalyticsOptions } from "../../src/client/types.ts";
import { REQUIRED_PROPS } from "../../src/events/catalogue.ts";
import type { RequiredProps } from "../../src/client/types.ts";
import { acceptAll, FakePage, rejecting, unreachable } from "./fake_page.ts";
import { open } from "./open.ts";

Deno.test("4.4 the required props of the types are those of the service", () => {
  const types: { readonly [name in keyof RequiredProps]: readonly (keyof RequiredProps[name])[] } =
    {
      asset_viewed: ["view_duration_ms"],
      license_signed: ["license_id"],
      payout_completed: ["amount_cents", "payment_method"],
      post_viewed: ["post_id"],
      post_cta_clicked: ["cta_type", "cta_url"],
    };
  assertEquals<unknown>(types, REQUIRED_PROPS);
});

const invalidOptions: readonly (readonly [Record<string, unknown>, string])[] = [
  [{ url: undefined }, "url must be a URL like https://a.example, got undefined"],
  [{ url: "ftp://a.example" }, "url must be a URL like https://a.example, got ftp://a.example"],
  [{ batchSize: 0 }, "batchSize must be at least 1, got 0"],
  [{ flushIntervalMs: NaN }, "flushIntervalMs must be at least 1, got NaN"],
  [{ maxQueued: "many" }, "maxQueued must be at least 1, got many"],
];

for (const [options, message] of invalidOptions) {
  Deno.test(`10.1 options: ${message}`, () => {
    assertThrows(() => open(options as Partial<AnalyticsOptions>), TypeError, message);
  });
}

Deno.test("10.12 an event is sent within the interval, with key, time, session and attribution", async () => {
  const { page, analytics } = open();
  const at = page.clock.now();
  analytics.track("page_viewed", { page: "/" }, { entityType: "post", entityId: "c1" });
  await page.advance(4_999);
  assertEquals(page.requests, []);
  await page.advance(1);
  assertEquals(page.requests.map(({ path }) => path), ["/livez", "/v1/batch"]);
  const [{ idempotencyKey, sessionId, ...event }] = page.sent as [typeof page.sent[number]];
  assertMatch(idempotencyKey, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
  assertEquals(sessionId, analytics.getSessionId() ?? undefined);
  assertEquals<unknown>(event, {
    eventType: "page_viewed",
    entityType: "post",
    entityId: "c1",
    props: { page: "/", occurred_at: new Date(at).toISOString() },
    attribution: { utmSource: "mail", landingPage: "https://shop.example/?utm_source=mail" },
  });
});

Deno.test("4.3 the SDK reads times as the service does, and sends on what it cannot read", async () => {
  const { page, analytics } = open();
  const ms = Math.floor(page.clock.now() / 1000) * 1000 - 60_000;
  const iso = new Date(ms).toISOString();
  const basic = iso.replace(/[-:]|\.000/g, "");
  const digits = String(ms / 1000);
  analytics.track("seconds", { occurred_at: ms / 1000 });
  analytics.track("milliseconds", { occurred_at: ms });
  analytics.track("iso", { occurred_at: iso });
  analytics.track("option", {}, { occurredAt: ms / 1000 });
  analytics.track("date", {}, { occurredAt: new Date(ms) });
  analytics.track("basic", { occurred_at: basic });
  analytics.track("digits", { occurred_at: digits });
  await page.advance(5_000);
  assertEquals(
    page.sent.map(({ props }) => props?.occurred_at),
    [iso, iso, iso, iso, iso, basic, digits],
  );
});

Deno.test("10.12 a batch of at most 50 is sent at once when enough events are queued", async () => {
  const { page, analytics } = open({ batchSize: 3 });
  for (let n = 0; n < 120; n++) analytics.track("e", { n });
  await page.advance(0);
  assertEquals(page.batches.map((events) => events.length), [50, 50, 20]);
  assertEquals(page.sent.map(({ props }) => props?.n), Array.from({ length: 120 }, (_, n) => n));
});

Deno.test("10.2 a retry carries the same idempotency keys", async () => {
  const { page, analytics } = open();
  page.respond = unreachable;
  analytics.track("a");
  await page.advance(5_000);
  page.respond = acceptAll;
  await page.advance(5_000);
  assertEquals(page.batches.length, 2);
  assertEquals(page.batches[0]?.[0]?.idempotencyKey, page.batches[1]?.[0]?.idempotencyKey);
  assertEquals(analytics.getState(), {
    queued: 0,
    sending: false,
    sent: 1,
    rejected: 0,
    dropped: 0,
    optedOut: false,
  });
});

Deno.test("10.3 retries back off with full jitter, up to five minutes", async () => {
  const { page, analytics } = open();
  page.respond = unreachable;
  page.random = 1;
  analytics.track("a");
  await page.advance(5_000);
  const times: number[] = [];
  let last = page.clock.now();
  for (let tries = page.batches.length; times.length < 11;) {
    await page.advance(1_000);
    if (page.batches.length === tries) continue;
    tries = page.batches.length;
    times.push((page.clock.now() - last) / 1000);
    last = page.clock.now();
  }
  assertEquals(times, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
  page.random = 0;
  await page.advance(300_000);
  const before = page.batches.length;
  await page.advance(1_000);
  assert(page.batches.length > before, "jitter may be zero");
});

Deno.test("10.3 Retry-After is honoured, in seconds or as a date, by flush() too", async () => {
  for (const seconds of [true, false]) {
    const { page, analytics } = open();
    page.random = 0;
    page.respond = () => {
      const until = new Date(page.clock.now() + 30_000).toUTCString();
      return Response.json({}, { status: 429, headers: { "retry-after": seconds ? "30" : until } });
    };
    analytics.track("a");
    assertEquals(await analytics.flush(), { sent: 0, rejected: 0, queued: 1 });
    page.respond = acceptAll;
    await page.advance(28_000);
    assertEquals(await analytics.flush(), { sent: 0, rejected: 0, queued: 1 });
    assertEquals(page.batches.length, 1);
    await page.advance(2_000);
    assertEquals(page.batches.length, 2);
  }
});

Deno.test("10.2 each event leaves the queue on its own result", async () => {
  const { page, analytics, rejected } = open();
  page.random = 0;
  page.respond = rejecting({
    0: "The event could not be stored; send it again",
    2: "eventType must be a string of 1 to 100 characters, got nothing",
  });
  for (const n of [0, 1, 2, 3]) analytics.track(`e${n}`);
  assertEquals(await analytics.flush(), { sent: 2, rejected: 1, queued: 1 });
  assertEquals(rejected.map(({ event, status }) => [event.eventType, status]), [["e2", 200]]);
  page.respond = acceptAll;
  await page.advance(1_000);
  assertEquals(page.batches[1]?.map(({ eventType }) => eventType), ["e0"]);
});

for (const status of [400, 409, 412, 413]) {
  Deno.test(`10.10 a batch refused with ${status} is halved until the offending event is alone`, async () => {
    const { page, analytics, rejected } = open();
    page.respond = (request) =>
      request.events.some(({ eventType }) => eventType === "e3")
        ? Response.json({ code: "X", message: "too much" }, { status })
        : acceptAll(request);
    for (let n = 0; n < 8; n++) analytics.track(`e${n}`);
    assertEquals(await analytics.flush(), { sent: 7, rejected: 1, queued: 0 });
    assertEquals(rejected.map(({ event, error, status }) => [event.eventType, error, status]), [
      ["e3", "too much", status],
    ]);
  });
}

for (const status of [401, 403, 404, 408, 429, 500, 502, 503]) {
  Deno.test(`${status} loses nothing`, async () => {
    const { page, analytics } = open();
    page.respond = () => Response.json({ message: "no" }, { status });
    analytics.track("a");
    assertEquals(await analytics.flush(), { sent: 0, rejected: 0, queued: 1 });
    page.respond = acceptAll;
    await page.advance(60_000);
    assertEquals(analytics.getState().sent, 1);
  });
}

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

Deno.test("10.9 a double click is dropped; with other props or a second later it is another event", async () => {
  const { page, analytics } = open();
  const entity = { entityType: "asset", entityId: "c1" } as const;
  analytics.track("cta_clicked", { a: 1 }, entity);
  await page.advance(999);
  analytics.track("cta_clicked", { a: 1 }, entity);
  analytics.track("cta_clicked", { a: 2 }, entity);
  analytics.track("cta_clicked", { a: 1 }, { ...entity, entityId: "c2" });
  await page.advance(1);
  analytics.track("cta_clicked", { a: 1 }, entity);
  analytics.track("cta_clicked", { a: 1 }, { ...entity, idempotencyKey: crypto.randomUUID() });
  assertEquals(analytics.getState().queued, 5);
});

Deno.test("a clock that is set back does not turn events into double clicks", async () => {
  const { page, analytics } = open();
  analytics.track("cta_clicked");
  page.clockOffsetMs = -3_600_000;
  for (let n = 0; n < 5; n++) {
    await page.advance(600_000);
    analytics.track("cta_clicked");
  }
  const { sent, queued } = analytics.getState();
  assertEquals(sent + queued, 6);
});

Deno.test("10.1 track() never throws, whatever it is given", () => {
  const { analytics, rejected } = open();
  const cyclic: Record<string, unknown> = {};
  cyclic["self"] = cyclic;
  for (
    const props of [
      cyclic,
      { big: 1n },
      {
        toJSON: () => {
          throw new Error("no");
        },
      },
      7,
      null,
    ]
  ) {
    analytics.track("a", props as never);
  }
  analytics.track(undefined as unknown as string);
  assertEquals(rejected.map(({ error }) => error), ["Not JSON", "Not JSON", "Not JSON"]);
});

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

Deno.test("props are copied when track() is called", async () => {
  const { page, analytics } = open();
  const props = { n: 1 };
  analytics.track("a", props);
  props.n = 2;
  await analytics.flush();
  assertEquals(page.sent[0]?.props?.n, 1);
});

Deno.test("an undefined source keeps the page's", async () => {
  const { page, analytics } = open({ source: "mobile" });
  analytics.track("a", {}, { source: undefined });
  await analytics.flush();
  assertEquals(page.sent[0]?.source, "mobile");
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

Deno.test("10.16 a session lasts while there are events, and ends after half an hour without", async () => {
  const { page, analytics } = open();
  const first = analytics.getSessionId();
  await page.advance(29 * 60_000);
  analytics.track("a");
  await page.advance(29 * 60_000);
  assertEquals(analytics.getSessionId(), first);
  await page.advance(30 * 60_000);
  assert(analytics.getSessionId() !== first);
});

Deno.test("10.16 a session keeps the attribution of its first page", () => {
  const page = new FakePage();
  const first = open({}, page).analytics.getAttribution();
  for (const query of ["", "?q=shoes", "?utm_source=mail"]) {
    page.href = `https://shop.example/other${query}`;
    assertEquals(open({}, page).analytics.getAttribution(), first);
  }
  assertEquals(first?.utmSource, "mail");
});

Deno.test("10.23 a new campaign or click id is a new arrival in the same session, each once", () => {
  const page = new FakePage();
  const first = open({}, page).analytics;
  const session = first.getSessionId();
  const pages = [
    "https://shop.example/sale?utm_source=ad&utm_campaign=sale",
    "https://shop.example/sale?utm_source=ad&utm_campaign=sale&gclid=1",
    "https://shop.example/sale?utm_source=ad&utm_campaign=sale&gclid=2",
    "https://shop.example/?fbclid=1",
  ];
  for (const href of pages) {
    page.href = href;
    const { analytics } = open({}, page);
    const attribution = analytics.getAttribution();
    assertEquals(attribution?.landingPage, href);
    assertEquals(attribution?.utmSource, href.includes("utm") ? "ad" : undefined);
    assertEquals(analytics.getSessionId(), session);
  }
  page.href = pages[0] ?? ""; // reloaded, or gone back to
  assertEquals(open({}, page).analytics.getAttribution()?.landingPage, pages[3]);
  assertEquals(first.getAttribution()?.landingPage, pages[3], "all tabs share the session");
});

Deno.test("10.23 the address with which a page was opened counts, whatever the app makes of it", () => {
  const page = new FakePage();
  const location = { href: page.href, search: "?utm_source=mail", origin: "https://shop.example" };
  const analytics = createAnalytics({ url: "/" }, Object.assign(page.page, { location }));
  Object.assign(location, { href: "https://shop.example/", search: "" });
  assertEquals(analytics.getAttribution()?.landingPage, "https://shop.example/?utm_source=mail");
});

Deno.test("10.24 texts that are too long are cut between characters", () => {
  const page = new FakePage();
  page.href = `https://shop.example/?utm_source=${"x".repeat(254)}😀&utm_term=${"x".repeat(253)}😀`;
  const attribution = open({}, page).analytics.getAttribution();
  assertEquals(attribution?.utmSource, "x".repeat(254));
  assertEquals(attribution?.utmTerm, "x".repeat(253) + "😀");
});
