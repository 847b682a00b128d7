/** The live tail under more traffic than anybody reads: bounded, and smooth. */

import { systemClock } from "../../src/clock.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { browserTest, type Page } from "../support/browser.ts";
import { until } from "../support/until.ts";
import { openDashboard, openRoom } from "./dashboard_fixture.ts";
import { newId } from "../support/ids.ts";

const room = await openRoom();
const NEWS = 100;
const WATCHED_MS = 4_000;

/** One piece of news, of as many events as one has at the most. */
function update(eventType: string): string {
  const at = new Date().toISOString();
  const events = Array.from({ length: NEWS }, () => ({
    eventId: newId(),
    receivedAt: at,
    occurredAt: at,
    eventType,
    knownEventType: true,
    source: "web",
    entityType: "asset",
    entityId: crypto.randomUUID(),
    sessionId: crypto.randomUUID(),
    userId: "user_1",
    state: "buffered",
  })).reverse();
  return `id: ${events[0]?.eventId}\ndata: ${JSON.stringify({ events, more: true })}\n\n`;
}

/** A stream of `count` pieces of news, one each `everyMs`; the last are of another type. */
function streamed(count: number, everyMs: number): Response {
  const encoder = new TextEncoder();
  let sent = 0;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(encoder.encode("event: connected\ndata: {}\n\n"));
    },
    async pull(controller) {
      if (sent === count) return await new Promise(() => {}); // open, and quiet
      await systemClock.sleep(everyMs);
      controller.enqueue(encoder.encode(update(++sent === count ? "the_last" : "page_viewed")));
    },
  });
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}

interface Load {
  readonly heapMb: number;
  readonly nodes: number;
  /** What the page's thread has worked so far, whoever else used the processor meanwhile. */
  readonly workedMs: number;
}

/** Opens the gauge of a page. */
async function gauge(page: Page): Promise<() => Promise<Load>> {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.setTimeDomain", { timeDomain: "threadTicks" });
  await session.send("Performance.enable");
  return async function read() {
    await session.send("HeapProfiler.collectGarbage");
    const { metrics } = await session.send("Performance.getMetrics");
    const of = (name: string) => metrics.find((metric) => metric.name === name)?.value ?? NaN;
    return {
      heapMb: of("JSHeapUsedSize") / 1e6,
      nodes: of("Nodes"),
      workedMs: of("TaskDuration") * 1e3,
    };
  };
}

/** The tail of a dashboard whose stream is `stream()`. */
async function openTail(stream: () => Response) {
  await using opened = new AsyncDisposableStack();
  const dashboard = opened.use(
    await openDashboard(room, {
      fetch: (app) => (request, info) =>
        request.url.includes("admin.tail") ? stream() : app.app.fetch(request, info),
    }),
  );
  const page = await dashboard.open("#/tail");
  const rows = page.locator(".tail tbody tr");
  const parts = opened.move();
  return { page, rows, [Symbol.asyncDispose]: () => parts.disposeAsync() };
}

browserTest(
  "100,000 events leave 200 rows and no more memory than the first thousand",
  async () => {
    let streams = 0;
    await using tail = await openTail(() => streamed(streams++ === 0 ? 1_000 : 0, 0));
    const { page, rows } = tail;
    await rows.nth(20).waitFor();
    const read = await gauge(page);
    const before = await read();
    await rows.first().getByText("the_last").waitFor();
    const after = await read();
    await rows.last().scrollIntoViewIfNeeded(); // until then, as many as the window shows
    await until(async () => await rows.count() > 100, "the rows that are kept");
    assertEquals(await rows.count(), 200);
    assert(after.heapMb < before.heapMb + 5, JSON.stringify({ before, after }));
    assert(after.nodes < before.nodes * 1.5 + 1_000, JSON.stringify({ before, after }));
  },
);

browserTest("at 1,000 events a second the page stays smooth", async () => {
  await using tail = await openTail(() => streamed(200, 100));
  const { page, rows } = tail;
  await rows.nth(20).waitFor();
  const read = await gauge(page);
  const before = await read();
  await systemClock.sleep(WATCHED_MS);
  const after = await read();
  const share = (after.workedMs - before.workedMs) / WATCHED_MS;
  assert(share < 0.3, `the page's thread works ${share} of the time`);
});
