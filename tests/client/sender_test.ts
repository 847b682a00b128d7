import { assertEquals } from "../support/assert.ts";
import { acceptAll, type FakePage, type Responder, unreachable } from "./fake_page.ts";
import { open } from "./open.ts";

/** Advances in small steps, as one timer may set another. */
async function advanceMinutes(page: FakePage, count: number): Promise<void> {
  for (let step = 0; step < count * 12; step++) await page.advance(5_000);
}

const firewalls: readonly (readonly [name: string, respond: Responder])[] = [
  ["drops", unreachable],
  ["answers with a 403 page", () => new Response("<html>Forbidden", { status: 403 })],
  ["answers with a 413 page", () => new Response("<html>", { status: 413 })],
];

for (const [name, refuse] of firewalls) {
  Deno.test(`10.11 events that a firewall always ${name} do not block the others`, async () => {
    const { page, analytics } = open();
    page.random = 0.1;
    page.respond = (request) =>
      request.events.some(({ eventType }) => eventType === "bad")
        ? refuse(request)
        : acceptAll(request);
    for (let n = 0; n < 9; n++) analytics.track(n % 3 ? "good" : "bad", { n });
    await advanceMinutes(page, 60);
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
    page.respond = acceptAll;
    await advanceMinutes(page, 60);
    assertEquals(analytics.getState().queued, 0, "blocked events are not dropped");
  });
}
