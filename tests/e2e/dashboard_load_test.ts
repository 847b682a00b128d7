/** The live tail under high traffic: bounded memory, smooth rendering. */

import { systemClock } from "../../src/clock.ts";
import { assertEquals, assertLess } from "../support/assert.ts";
import { browserTest, type Page } from "../support/browser.ts";
import { until } from "../support/until.ts";
import { openDashboard, openFixture } from "./dashboard_fixture.ts";
import { newId } from "../support/ids.ts";

const fixture = await openFixture();
const UPDATE_EVENTS = 100;
const MEASURED_UPDATES = 40;

/** A server-sent update with the maximum number of events. */
function updateOf(eventType: string): string {
  const at = new Date().toISOString();
  const events = Array.from({ length: UPDATE_EVENTS }, () => ({
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

/** A stream of `count` updates, one every `intervalMs`; the last one has events of type `the_last`. */
function streamOf(count: number, intervalMs: number, onSent = (_: number) => {}): Response {
  const encoder = new TextEncoder();
  let sent = 0;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(encoder.encode("event: connected\ndata: {}\n\n"));
    },
    async pull(controller) {
      if (sent === count) return await new Promise(() => {}); // stays open
      await systemClock.sleep(intervalMs);
      controller.enqueue(encoder.encode(updateOf(++sent === count ? "the_last" : "page_viewed")));
      onSent(sent);
    },
  });
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}

interface Load {
  readonly heapMb: number;
  readonly nodes: number;
  /** CPU time of the page's main thread so far. */
  readonly cpuMs: number;
}

/** Returns a function that reads the load of a page. */
async function openGauge(page: Page): Promise<() => Promise<Load>> {
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
      cpuMs: of("TaskDuration") * 1e3,
    };
  };
}

/** Opens the live tail with `stream()` in place of the service's. */
async function openTail(stream: () => Response) {
  await using opened = new AsyncDisposableStack();
  const dashboard = opened.use(
    await openDashboard(fixture, {
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
  "100,000 events leave 200 rows and no more memory than the first few thousand",
  async () => {
    let streams = 0;
    await using tail = await openTail(() => streamOf(streams++ === 0 ? 1_000 : 0, 0));
    const { page, rows } = tail;
    await rows.nth(20).waitFor();
    const read = await openGauge(page);
    const before = await read();
    await rows.first().getByText("the_last").waitFor();
    const after = await read();
    await rows.last().scrollIntoViewIfNeeded(); // renders the rows below the window too
    await until(async () => await rows.count() > 100, "all kept rows to be rendered");
    assertEquals(await rows.count(), 200);
    assertLess(after.heapMb, before.heapMb + 5, "MB of heap");
    assertLess(after.nodes, before.nodes * 1.5 + 1_000, "DOM nodes");
  },
);

browserTest("at 1,000 events per second the page stays smooth", async () => {
  let sent = 0;
  await using tail = await openTail(() => streamOf(200, 100, (updates) => sent = updates));
  const { page, rows } = tail;
  await rows.nth(20).waitFor();
  const read = await openGauge(page);
  const before = await read();
  const [startedAt, first] = [performance.now(), sent];
  await until(() => sent >= first + MEASURED_UPDATES, `${MEASURED_UPDATES} updates`);
  const after = await read();
  const share = (after.cpuMs - before.cpuMs) / (performance.now() - startedAt);
  assertLess(share, 0.3, "share of time that the main thread is busy");
});
