import { assertEquals } from "../support/assert.ts";
import { acceptAll, unreachable } from "./fake_page.ts";
import { createToken, open, openTabs } from "./open.ts";

const DAY_MS = 86_400_000;

/** The authorization header that each event was sent with, by event type. */
function authorizations({ requests }: ReturnType<typeof open>["page"]) {
  return Object.fromEntries(
    requests.flatMap(({ events, headers }) =>
      events.map(({ eventType }) => [eventType, headers.get("authorization")])
    ),
  );
}

for (const token of ["", "two\nlines", "漢", undefined as never, null as never]) {
  Deno.test(`identify() with an invalid token holds no event back: ${JSON.stringify(token)}`, async () => {
    const { page, analytics } = open();
    analytics.identify(token);
    analytics.track("a");
    analytics.reset();
    analytics.track("b");
    await page.advance(60_000);
    assertEquals(analytics.getState().sent, 2);
  });
}

Deno.test("10.8 while a token is expired, its events wait for the next identify()", async () => {
  const { page, analytics } = open();
  const expiry = (minutes: number) => page.clock.now() / 1000 + minutes * 60;
  const [first, next] = [15, 75].map((minutes) =>
    createToken({ sub: "ann", exp: expiry(minutes) })
  );
  analytics.identify(first ?? "");
  page.respond = unreachable;
  analytics.track("a");
  await page.advance(5_000);
  page.requests.length = 0;
  await page.advance(3_600_000); // the laptop sleeps
  page.respond = acceptAll;
  page.dispatch("online");
  page.dispatch("pagehide");
  await page.advance(60_000);
  assertEquals([page.beacons.length, analytics.getState().sent], [0, 0]);
  page.requests.length = 0;
  analytics.identify(next ?? "");
  await page.advance(60_000);
  assertEquals(authorizations(page), { a: `Bearer ${next}` });
});

Deno.test("while events wait for a token, the state does not change", async () => {
  const { page, analytics } = open();
  await analytics.trackNow("a"); // the response sets the clock's offset
  analytics.identify(createToken({ sub: "ann", exp: page.clock.now() / 1000 + 1 }));
  await page.advance(2_000);
  analytics.track("b");
  await page.advance(10_000);
  let changes = 0;
  analytics.subscribe(() => changes += 1);
  for (let minute = 0; minute < 10; minute++) await page.advance(60_000);
  assertEquals([changes, analytics.getState().queued], [0, 1]);
});

Deno.test("a token expires by the service's clock", async () => {
  const { page, analytics } = open();
  page.clockOffsetMs = 3_600_000;
  analytics.identify(createToken({ sub: "ann", exp: page.clock.now() / 1000 + 900 }));
  analytics.track("a");
  assertEquals((await analytics.flush()).sent, 1);
  analytics.track("b");
  assertEquals((await analytics.flush()).sent, 1);
});

Deno.test("an event that happened days ago waits for its user as well", async () => {
  const [ann, anonymous] = openTabs();
  ann.analytics.identify(createToken({ sub: "ann" }));
  ann.analytics.track("a", {}, { occurredAt: ann.page.clock.now() - 2 * DAY_MS });
  await ann.page.settle();
  await anonymous.analytics.flush();
  assertEquals(anonymous.page.sent, []);
  await ann.analytics.flush();
  assertEquals(Object.keys(authorizations(ann.page)), ["a"]);
});

Deno.test("10.8 an event whose user does not return for a day is sent as anonymous", async () => {
  const [ann, anonymous] = openTabs();
  ann.analytics.identify(createToken({ sub: "ann" }));
  ann.analytics.track("a");
  await ann.page.settle();
  ann.page.respond = unreachable;
  await anonymous.page.advance(DAY_MS);
  await anonymous.analytics.flush();
  assertEquals(authorizations(anonymous.page), { a: null });
});
