import { assertEquals } from "../support/assert.ts";
import { type Answer, type FakePage, storedAll, unreachable } from "./fake_page.ts";
import { open } from "./open.ts";

/** Lets time pass in small steps: what one timer begins, another may end. */
async function minutes(page: FakePage, count: number): Promise<void> {
  for (let step = 0; step < count * 12; step++) await page.advance(5_000);
}

const firewalls: readonly (readonly [name: string, answer: Answer])[] = [
  ["breaks off", unreachable],
  ["forbids with a page of its own", () => new Response("<html>Forbidden", { status: 403 })],
  ["finds too large, with a page of its own", () => new Response("<html>", { status: 413 })],
];

for (const [name, refuse] of firewalls) {
  Deno.test(`10.11 events that a firewall always ${name} do not keep the others waiting`, async () => {
    const { page, analytics } = open();
    page.random = 0.1;
    page.answer = (asked) =>
      asked.events.some(({ eventType }) => eventType === "bad") ? refuse(asked) : storedAll(asked);
    for (let n = 0; n < 9; n++) analytics.track(n % 3 ? "good" : "bad", { n });
    await minutes(page, 60);
    assertEquals(analytics.getState().sent, 6);
    analytics.track("good", { n: 10 });
    await page.advance(300_000);
    assertEquals(analytics.getState(), {
      queued: 3,
      sending: false,
      sent: 7,
      rejected: 0,
      dropped: 0,
      optedOut: false,
    });
    page.answer = storedAll;
    await minutes(page, 60);
    assertEquals(analytics.getState().queued, 0, "nor are they given up");
  });
}
