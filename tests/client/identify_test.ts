import { assertEquals } from "../support/assert.ts";
import { storedAll, unreachable } from "./fake_page.ts";
import { open, openTabs, tokenOf } from "./open.ts";

const DAY_MS = 86_400_000;

/** Whose events went out, by their types. */
function sentBy({ asked }: ReturnType<typeof open>["page"]) {
  return Object.fromEntries(
    asked.flatMap(({ events, headers }) =>
      events.map(({ eventType }) => [eventType, headers.get("authorization")])
    ),
  );
}

for (const token of ["", "two\nlines", "漢", undefined as never, null as never]) {
  Deno.test(`identify() with no token keeps nothing waiting: ${JSON.stringify(token)}`, async () => {
    const { page, analytics } = open();
    analytics.identify(token);
    analytics.track("a");
    analytics.reset();
    analytics.track("b");
    await page.advance(60_000);
    assertEquals(analytics.getState().sent, 2);
  });
}

Deno.test("10.8 a token that has run out holds events until the next identify()", async () => {
  const { page, analytics } = open();
  const inMinutes = (minutes: number) => page.clock.now() / 1000 + minutes * 60;
  const [first, next] = [15, 75].map((minutes) => tokenOf({ sub: "ann", exp: inMinutes(minutes) }));
  analytics.identify(first ?? "");
  page.answer = unreachable;
  analytics.track("a");
  await page.advance(5_000);
  page.asked.length = 0;
  await page.advance(3_600_000); // the laptop sleeps
  page.answer = storedAll;
  page.happens("online");
  page.happens("pagehide");
  await page.advance(60_000);
  assertEquals([page.beacons.length, analytics.getState().sent], [0, 0]);
  page.asked.length = 0;
  analytics.identify(next ?? "");
  await page.advance(60_000);
  assertEquals(sentBy(page), { a: `Bearer ${next}` });
});

Deno.test("while events wait for a token, the page is left alone", async () => {
  const { page, analytics } = open();
  await analytics.trackNow("a"); // learns the time
  analytics.identify(tokenOf({ sub: "ann", exp: page.clock.now() / 1000 + 1 }));
  await page.advance(2_000);
  analytics.track("b");
  await page.advance(10_000);
  let changes = 0;
  analytics.subscribe(() => changes += 1);
  for (let minute = 0; minute < 10; minute++) await page.advance(60_000);
  assertEquals([changes, analytics.getState().queued], [0, 1]);
});

Deno.test("whether a token has run out, the service's clock says", async () => {
  const { page, analytics } = open();
  page.clockOffMs = 3_600_000;
  analytics.identify(tokenOf({ sub: "ann", exp: page.clock.now() / 1000 + 900 }));
  analytics.track("a");
  assertEquals((await analytics.flush()).sent, 1);
  analytics.track("b");
  assertEquals((await analytics.flush()).sent, 1);
});

Deno.test("an event that happened days ago waits for its owner too", async () => {
  const [ann, nobody] = openTabs();
  ann.analytics.identify(tokenOf({ sub: "ann" }));
  ann.analytics.track("a", {}, { occurredAt: ann.page.clock.now() - 2 * DAY_MS });
  await ann.page.settle();
  await nobody.analytics.flush();
  assertEquals(nobody.page.sent, []);
  await ann.analytics.flush();
  assertEquals(Object.keys(sentBy(ann.page)), ["a"]);
});

Deno.test("10.8 what nobody claims for a day goes as nobody's", async () => {
  const [ann, nobody] = openTabs();
  ann.analytics.identify(tokenOf({ sub: "ann" }));
  ann.analytics.track("a");
  await ann.page.settle();
  ann.page.answer = unreachable;
  await nobody.page.advance(DAY_MS);
  await nobody.analytics.flush();
  assertEquals(sentBy(nobody.page), { a: null });
});
