import type { Route } from "playwright-core";
import { assertEquals, assertGreaterOrEqual } from "../support/assert.ts";
import { browserTest, openBrowser } from "../support/browser.ts";
import { openTestPostgres } from "../support/postgres.ts";
import { until } from "../support/until.ts";
import { openFixture, track } from "./fixture.ts";

const postgres = await openTestPostgres();
const browser = await openBrowser();
Deno.test.afterAll(async () => {
  await browser.close();
  await postgres[Symbol.asyncDispose]();
});

const BATCH = "**/v1/batch";

/** An event type that is unique to a test. */
function uniqueType(name: string): string {
  return `e2e ${name} ${crypto.randomUUID().slice(0, 8)}`;
}

const TEN = Array.from({ length: 10 }, (_, n) => ({ n }));

function numbers(rows: readonly { readonly props: Readonly<Record<string, unknown>> }[]) {
  return rows.map(({ props }) => props.n);
}

browserTest("each event that a page tracks becomes one row", async () => {
  await using fixture = await openFixture(browser, postgres);
  const page = await fixture.visit("/?utm_source=mail&gclid=abc");
  const type = uniqueType("plain");
  await track(page, type, ...TEN);
  const rows = await fixture.stored(type, 10);
  assertEquals(numbers(rows).toSorted(), TEN.map(({ n }) => n));
  assertEquals(new Set(rows.map(({ session_id }) => session_id)).size, 1);
  assertEquals(rows[0]?.attribution, {
    utmSource: "mail",
    landingPage: `${fixture.site}/?utm_source=mail&gclid=abc`,
  });
});

browserTest("offline events are kept, and sent when the network is back", async () => {
  await using fixture = await openFixture(browser, postgres);
  const page = await fixture.visit();
  const type = uniqueType("offline");
  await fixture.context.setOffline(true);
  await track(page, type, ...TEN);
  const queued = await page.evaluate("analytics.flush().then((result) => result.queued)");
  assertEquals(queued, 10);
  await fixture.context.setOffline(false); // the browser dispatches `online`
  assertEquals((await fixture.stored(type, 10)).length, 10);
});

browserTest("10.4 events left by a closed tab are sent by the next visit", async () => {
  await using fixture = await openFixture(browser, postgres);
  const page = await fixture.visit();
  const type = uniqueType("closed");
  await fixture.context.route("**/v1/**", (route) => route.abort());
  await track(page, type, ...TEN);
  await until(() => page.evaluate(IN_DATABASE).then((count) => count === 10), "ten on disk");
  await page.close();
  await fixture.context.unroute("**/v1/**");
  await fixture.visit("/other");
  assertEquals((await fixture.stored(type, 10)).length, 10);
});

browserTest("10.4 events left by a crashed tab are sent by the next visit", async () => {
  await using fixture = await openFixture(browser, postgres, {
    options: { flushIntervalMs: 60_000 },
  });
  const page = await fixture.visit();
  const type = uniqueType("crashed");
  await track(page, type, ...TEN);
  await until(() => page.evaluate(IN_DATABASE).then((count) => count === 10), "ten on disk");
  const crashed = page.waitForEvent("crash");
  page.goto("chrome://crash").catch(() => {}); // never resolves
  await crashed;
  await page.close();
  const next = await fixture.visit("/other");
  await next.evaluate("analytics.flush()");
  assertEquals((await fixture.stored(type, 10)).length, 10);
});

browserTest(
  "a page with the SDK enters the back/forward cache, and continues when restored",
  async () => {
    await using fixture = await openFixture(browser, postgres, {
      options: { flushIntervalMs: 60_000 },
    });
    const page = await fixture.visit();
    const type = uniqueType("back");
    await page.evaluate("addEventListener('pageshow', ({ persisted }) => window.back = persisted)");
    await track(page, type, { n: 1 });
    await page.evaluate("analytics.flush()"); // a request in flight keeps a page out of the cache
    await page.goto(`${fixture.site}/other`);
    await page.goBack({ waitUntil: "commit" });
    await until(
      () => page.evaluate("window.back").catch(() => null),
      "the page is restored from the cache",
    );
    await track(page, type, { n: 2 });
    await page.evaluate("analytics.flush()");
    assertEquals(numbers(await fixture.stored(type, 2)).toSorted(), [1, 2]);
  },
);

/** How many events are in IndexedDB. */
const IN_DATABASE = `(async () => {
  const [first] = await indexedDB.databases();
  if (!first) return 0; // not created yet
  const database = await new Promise((resolve) => {
    indexedDB.open(first.name).onsuccess = (event) => resolve(event.target.result);
  });
  const request = database.transaction("events").objectStore("events").count();
  return new Promise((resolve) => request.onsuccess = () => resolve(request.result));
})()`;

for (
  const [name, leave] of [
    ["navigation", async (page) => void await page.goto("about:blank")],
    ["closing the tab", (page) => page.close({ runBeforeUnload: true })],
  ] as const satisfies readonly (readonly [
    string,
    (page: Awaited<ReturnType<typeof browser.newPage>>) => Promise<void>,
  ])[]
) {
  browserTest(`10.5 at page exit by ${name} the queue is sent by beacon`, async () => {
    await using fixture = await openFixture(browser, postgres, {
      options: { flushIntervalMs: 60_000 },
    });
    const page = await fixture.visit();
    const type = uniqueType("exit");
    await track(page, type, ...TEN);
    await leave(page);
    assertEquals((await fixture.stored(type, 10)).length, 10);
  });
}

browserTest(
  "events sent by beacon are confirmed by the next visit, and stay one row each",
  async () => {
    await using fixture = await openFixture(browser, postgres, {
      options: { flushIntervalMs: 60_000 },
    });
    const page = await fixture.visit();
    const type = uniqueType("beacon");
    await track(page, type, ...TEN);
    await page.goto("about:blank");
    await fixture.stored(type, 10);
    const next = await fixture.visit("/other");
    await next.evaluate("analytics.flush()");
    assertEquals((await fixture.stored(type, 10)).length, 10);
    assertEquals(await next.evaluate(IN_DATABASE), 0);
  },
);

/** Something between the page and the service that fails. */
interface Fault {
  readonly name: string;
  /** Handles a batch request. */
  readonly apply: (route: Route) => Promise<void>;
}

const faults: readonly Fault[] = [
  { name: "a server error", apply: (route) => route.fulfill({ status: 500, body: "{}" }) },
  { name: "a captive portal's response", apply: (route) => route.fulfill({ body: "<html>" }) },
  { name: "a refused connection", apply: (route) => route.abort("connectionrefused") },
  {
    name: "a response lost after the batch was stored",
    async apply(route) {
      await route.fetch();
      await route.abort("connectionreset");
    },
  },
];

for (const { name, apply } of faults) {
  browserTest(`after ${name} the SDK tries again, and each event is one row`, async () => {
    await using fixture = await openFixture(browser, postgres);
    let requests = 0;
    await fixture.context.route(BATCH, async (route) => {
      requests += 1;
      if (requests <= 2) await apply(route);
      else await route.continue();
    });
    const page = await fixture.visit();
    const type = uniqueType("fault");
    await track(page, type, ...TEN);
    await until(() => page.evaluate("analytics.getState().sent === 10"), "all are confirmed");
    assertEquals((await fixture.stored(type, 10)).length, 10);
    assertGreaterOrEqual(requests, 3);
  });
}

browserTest("10.3 Retry-After is honoured", async () => {
  await using fixture = await openFixture(browser, postgres);
  const times: number[] = [];
  await fixture.context.route(BATCH, async (route) => {
    times.push(Date.now());
    if (times.length > 1) return await route.continue();
    const headers = { "retry-after": "2", "access-control-allow-origin": "*" };
    const exposed = { "access-control-expose-headers": "Retry-After" };
    await route.fulfill({ status: 429, headers: { ...headers, ...exposed }, body: "{}" });
  });
  const page = await fixture.visit();
  const type = uniqueType("limited");
  await track(page, type, ...TEN);
  await until(() => times.length === 1, "the first attempt");
  assertEquals(await page.evaluate("analytics.flush().then((result) => result.queued)"), 10);
  assertEquals((await fixture.stored(type, 10)).length, 10);
  assertGreaterOrEqual((times[1] ?? 0) - (times[0] ?? 0), 1_990, `requests at ${times}`);
});

browserTest("10.6 two tabs send each event once, one tab at a time", async () => {
  await using fixture = await openFixture(browser, postgres);
  let inFlight = 0;
  let maxInFlight = 0;
  await fixture.context.route(BATCH, async (route) => {
    maxInFlight = Math.max(maxInFlight, ++inFlight);
    const response = await route.fetch();
    inFlight -= 1;
    await route.fulfill({ response });
  });
  const first = await fixture.visit();
  await first.evaluate("analytics.getSessionId()"); // the session exists before the second tab opens
  const tabs = [first, await fixture.visit("/other")];
  const type = uniqueType("tabs");
  for (let n = 0; n < 50; n += 10) {
    const all = TEN.map((props) => ({ n: n + props.n }));
    await Promise.all(tabs.map((tab, i) => track(tab, type, ...all.map((p) => ({ ...p, i })))));
  }
  await Promise.all(tabs.map((tab) => tab.evaluate("analytics.flush()")));
  const rows = await fixture.stored(type, 100);
  assertEquals(rows.length, 100);
  assertEquals(maxInFlight, 1);
  assertEquals(
    new Set(rows.map(({ session_id }) => session_id)).size,
    1,
    "both tabs share a session",
  );
});

browserTest("a double click is one event", async () => {
  await using fixture = await openFixture(browser, postgres);
  const page = await fixture.visit();
  const type = uniqueType("double");
  await track(page, type, { n: 1 }, { n: 1 }, { n: 2 });
  await page.evaluate("analytics.flush()");
  assertEquals(numbers(await fixture.stored(type, 2)).toSorted(), [1, 2]);
});

browserTest(
  "an event that the service refuses is reported, and the rest of its batch is stored",
  async () => {
    await using fixture = await openFixture(browser, postgres);
    const page = await fixture.visit();
    const type = uniqueType("refused");
    await track(page, "post_viewed", { without: "post_id" });
    await track(page, type, { n: 1 });
    await page.evaluate("analytics.flush()");
    assertEquals((await fixture.stored(type, 1)).length, 1);
    const rejected = await page.evaluate(
      "rejected.map(({ error, event }) => [event.eventType, error])",
    );
    assertEquals(rejected, [["post_viewed", "post_viewed requires props.post_id"]]);
    assertEquals(await page.evaluate("analytics.getState().queued"), 0);
  },
);
