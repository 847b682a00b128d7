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

const BATCH = "**/v1/events/batch";

/** Event types of a test's own. */
function typeOf(name: string): string {
  return `e2e ${name} ${crypto.randomUUID().slice(0, 8)}`;
}

const TEN = Array.from({ length: 10 }, (_, n) => ({ n }));

function numbers(rows: readonly { readonly props: Readonly<Record<string, unknown>> }[]) {
  return rows.map(({ props }) => props.n);
}

browserTest("what a page tracks becomes one row each, in the order of the calls", async () => {
  await using fixture = await openFixture(browser, postgres);
  const page = await fixture.visit("/?utm_source=mail&gclid=abc");
  const type = typeOf("plain");
  await track(page, type, ...TEN);
  const rows = await fixture.stored(type, 10);
  assertEquals(numbers(rows).toSorted(), TEN.map(({ n }) => n));
  assertEquals(new Set(rows.map(({ session_id }) => session_id)).size, 1);
  assertEquals(rows[0]?.attribution, {
    utmSource: "mail",
    landingPage: `${fixture.site}/?utm_source=mail&gclid=abc`,
  });
});

browserTest("a time without network loses nothing and sends when it is over", async () => {
  await using fixture = await openFixture(browser, postgres);
  const page = await fixture.visit();
  const type = typeOf("offline");
  await fixture.context.setOffline(true);
  await track(page, type, ...TEN);
  const queued = await page.evaluate("analytics.flush().then((result) => result.queued)");
  assertEquals(queued, 10);
  await fixture.context.setOffline(false); // the browser says `online`
  assertEquals((await fixture.stored(type, 10)).length, 10);
});

browserTest("10.4 what a closed tab left behind is sent by the next visit", async () => {
  await using fixture = await openFixture(browser, postgres);
  const page = await fixture.visit();
  const type = typeOf("closed");
  await fixture.context.route("**/v1/**", (route) => route.abort());
  await track(page, type, ...TEN);
  await until(() => page.evaluate(IN_DATABASE).then((count) => count === 10), "ten on disk");
  await page.close();
  await fixture.context.unroute("**/v1/**");
  await fixture.visit("/other");
  assertEquals((await fixture.stored(type, 10)).length, 10);
});

browserTest("10.4 what a crashed tab left behind is sent by the next visit", async () => {
  await using fixture = await openFixture(browser, postgres, {
    options: { flushIntervalMs: 60_000 },
  });
  const page = await fixture.visit();
  const type = typeOf("crashed");
  await track(page, type, ...TEN);
  await until(() => page.evaluate(IN_DATABASE).then((count) => count === 10), "ten on disk");
  const crashed = page.waitForEvent("crash");
  page.goto("chrome://crash").catch(() => {}); // never answers
  await crashed;
  await page.close();
  const next = await fixture.visit("/other");
  await next.evaluate("analytics.flush()");
  assertEquals((await fixture.stored(type, 10)).length, 10);
});

browserTest(
  "the SDK lets a page into the back/forward cache, and goes on when it comes back",
  async () => {
    await using fixture = await openFixture(browser, postgres, {
      options: { flushIntervalMs: 60_000 },
    });
    const page = await fixture.visit();
    const type = typeOf("back");
    await page.evaluate("addEventListener('pageshow', ({ persisted }) => window.back = persisted)");
    await track(page, type, { n: 1 });
    await page.evaluate("analytics.flush()"); // a request under way keeps a page out of the cache
    await page.goto(`${fixture.site}/other`);
    await page.goBack({ waitUntil: "commit" });
    await until(() => page.evaluate("window.back").catch(() => null), "the page is back as it was");
    await track(page, type, { n: 2 });
    await page.evaluate("analytics.flush()");
    assertEquals(numbers(await fixture.stored(type, 2)).toSorted(), [1, 2]);
  },
);

/** How many events are in IndexedDB. */
const IN_DATABASE = `(async () => {
  const [{ name }] = await indexedDB.databases();
  const database = await new Promise((resolve) => {
    indexedDB.open(name).onsuccess = (event) => resolve(event.target.result);
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
  browserTest(`10.5 at page exit by ${name} what waits goes by beacon`, async () => {
    await using fixture = await openFixture(browser, postgres, {
      options: { flushIntervalMs: 60_000 },
    });
    const page = await fixture.visit();
    const type = typeOf("exit");
    await track(page, type, ...TEN);
    await leave(page);
    assertEquals((await fixture.stored(type, 10)).length, 10);
  });
}

browserTest("what a beacon carried is confirmed later, and stays one row", async () => {
  await using fixture = await openFixture(browser, postgres, {
    options: { flushIntervalMs: 60_000 },
  });
  const page = await fixture.visit();
  const type = typeOf("beacon");
  await track(page, type, ...TEN);
  await page.goto("about:blank");
  await fixture.stored(type, 10);
  const next = await fixture.visit("/other");
  await next.evaluate("analytics.flush()");
  assertEquals((await fixture.stored(type, 10)).length, 10);
  assertEquals(await next.evaluate(IN_DATABASE), 0);
});

interface Trouble {
  readonly name: string;
  /** Fulfils, aborts or lets a request through. */
  readonly make: (route: Route) => Promise<void>;
}

const troubles: readonly Trouble[] = [
  { name: "a server error", make: (route) => route.fulfill({ status: 500, body: "{}" }) },
  { name: "the sign-in page of a hotel", make: (route) => route.fulfill({ body: "<html>" }) },
  { name: "a connection that is refused", make: (route) => route.abort("connectionrefused") },
  {
    name: "an answer that is lost after the service has stored the batch",
    async make(route) {
      await route.fetch();
      await route.abort("connectionreset");
    },
  },
];

for (const { name, make } of troubles) {
  browserTest(`${name} makes the SDK try again, and each event one row`, async () => {
    await using fixture = await openFixture(browser, postgres);
    let requests = 0;
    await fixture.context.route(BATCH, async (route) => {
      requests += 1;
      if (requests <= 2) await make(route);
      else await route.continue();
    });
    const page = await fixture.visit();
    const type = typeOf("trouble");
    await track(page, type, ...TEN);
    await until(() => page.evaluate("analytics.getState().sent === 10"), "all are acknowledged");
    assertEquals((await fixture.stored(type, 10)).length, 10);
    assertGreaterOrEqual(requests, 3);
  });
}

browserTest("10.3 Retry-After is obeyed", async () => {
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
  const type = typeOf("limited");
  await track(page, type, ...TEN);
  await until(() => times.length === 1, "the first try");
  assertEquals(await page.evaluate("analytics.flush().then((result) => result.queued)"), 10);
  assertEquals((await fixture.stored(type, 10)).length, 10);
  assertGreaterOrEqual((times[1] ?? 0) - (times[0] ?? 0), 1_990);
});

browserTest("10.6 two tabs at once send each event once, one of them at a time", async () => {
  await using fixture = await openFixture(browser, postgres);
  let under = 0;
  let most = 0;
  await fixture.context.route(BATCH, async (route) => {
    most = Math.max(most, ++under);
    const response = await route.fetch();
    under -= 1;
    await route.fulfill({ response });
  });
  const first = await fixture.visit();
  await first.evaluate("analytics.getSessionId()"); // who opens a second tab has been in the first
  const tabs = [first, await fixture.visit("/other")];
  const type = typeOf("tabs");
  for (let round = 0; round < 5; round++) {
    const all = TEN.map(({ n }) => ({ n: round * 10 + n }));
    await Promise.all(tabs.map((tab, i) => track(tab, type, ...all.map((p) => ({ ...p, i })))));
  }
  await Promise.all(tabs.map((tab) => tab.evaluate("analytics.flush()")));
  const rows = await fixture.stored(type, 100);
  assertEquals(rows.length, 100);
  assertEquals(most, 1);
  assertEquals(new Set(rows.map(({ session_id }) => session_id)).size, 1, "they share a session");
});

browserTest("a double click is one event", async () => {
  await using fixture = await openFixture(browser, postgres);
  const page = await fixture.visit();
  const type = typeOf("double");
  await track(page, type, { n: 1 }, { n: 1 }, { n: 2 });
  await page.evaluate("analytics.flush()");
  assertEquals(numbers(await fixture.stored(type, 2)).toSorted(), [1, 2]);
});

browserTest(
  "what the service refuses for good is reported, and its neighbours are stored",
  async () => {
    await using fixture = await openFixture(browser, postgres);
    const page = await fixture.visit();
    const type = typeOf("refused");
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
