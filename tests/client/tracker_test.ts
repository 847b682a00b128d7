import { assertEquals, assertMatch } from "../support/assert.ts";
import { open } from "./open.ts";

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
