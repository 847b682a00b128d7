import { assert, assertEquals } from "../support/assert.ts";
import { acceptAll, type FakePage, rejecting, type Responder, unreachable } from "./fake_page.ts";
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
