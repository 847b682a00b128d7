import { assertEquals, assertGreater, assertLess } from "../support/assert.ts";
import { browserTest, openBrowser, type Page } from "../support/browser.ts";
import { openTestPostgres } from "../support/postgres.ts";
import { EXPOSED } from "../../src/http/common_headers.ts";
import { until } from "../support/until.ts";
import { openFixture, track } from "./fixture.ts";

const postgres = await openTestPostgres();
const browser = await openBrowser();
Deno.test.afterAll(async () => {
  await browser.close();
  await postgres[Symbol.asyncDispose]();
});

/** An event type that is unique to a test. */
function uniqueType(name: string): string {
  return `e2e ${name} ${crypto.randomUUID().slice(0, 8)}`;
}

for (const [name, minutes] of [["10 minutes fast", 10], ["10 minutes slow", -10]] as const) {
  browserTest(
    `10.7 a machine clock that is ${name} loses no event, and times are right`,
    async () => {
      await using fixture = await openFixture(browser, postgres);
      await fixture.context.addInitScript(`{
      const real = Date.now;
      const RealDate = Date;
      Date = class extends RealDate {
        constructor(...args) { args.length ? super(...args) : super(real() + ${minutes} * 60000); }
        static now() { return real() + ${minutes} * 60000; }
      };
    }`);
      const page = await fixture.visit();
      const type = uniqueType("clock");
      const before = Date.now();
      await track(page, type, { n: 1 });
      await track(page, type, { n: 2 });
      await page.evaluate("analytics.flush()");
      const rows = await fixture.stored(type, 2);
      assertEquals(rows.map(({ props }) => props.n), [1, 2]);
      for (const { occurred_at } of rows) {
        const lateMs = occurred_at.getTime() - before;
        assertGreater(lateMs, -3_000);
        assertLess(lateMs, 10_000);
      }
      assertEquals(await page.evaluate("rejected"), []);
    },
  );
}

/** Fails unless the first event of a page has the time at which it was tracked. */
async function assertTimeIsRight(
  page: Page,
  stored: (type: string) => Promise<Date>,
): Promise<void> {
  const type = uniqueType("cached clock");
  const before = Date.now();
  await track(page, type, {});
  await page.evaluate("analytics.flush()");
  const lateMs = (await stored(type)).getTime() - before;
  assertGreater(lateMs, -3_000);
  assertLess(lateMs, 30_000);
}

const HOUR_AGO = () => new Date(Date.now() - 3_600_000).toUTCString();

browserTest("10.18 times are right behind a cache that keeps /livez", async () => {
  await using fixture = await openFixture(browser, postgres);
  await fixture.context.route(/\/livez/, (route) =>
    route.fulfill({
      body: "{}",
      headers: {
        "date": HOUR_AGO(),
        "age": "3600",
        "access-control-allow-origin": "*",
        // As the service says, whose headers a cache keeps.
        "access-control-expose-headers": EXPOSED.join(","),
      },
    }));
  const page = await fixture.visit();
  await assertTimeIsRight(page, async (type) => readTime(await fixture.stored(type, 1)));
});

browserTest("10.18 times are right with a service worker that caches /livez", async () => {
  await using fixture = await openFixture(browser, postgres, {
    pages: (service) => ({
      "/worker.js": `
        addEventListener("install", () => skipWaiting());
        addEventListener("activate", (event) => event.waitUntil(clients.claim()));
        const cached = { "${service}/livez": "${HOUR_AGO()}" };
        addEventListener("fetch", (event) => {
          const date = cached[event.request.url];
          if (date) event.respondWith(new Response("{}", { headers: { date } }));
        });`,
    }),
  });
  const page = await fixture.visit();
  await page.evaluate(`navigator.serviceWorker.register("/worker.js").then(() =>
    navigator.serviceWorker.controller ?? new Promise((resolve) =>
      navigator.serviceWorker.addEventListener("controllerchange", () => resolve(true)))
  ).then(() => true)`);
  await assertTimeIsRight(page, async (type) => readTime(await fixture.stored(type, 1)));
});

function readTime(rows: readonly { readonly occurred_at: Date }[]): Date {
  return rows[0]?.occurred_at ?? new Date(NaN);
}

const storages: readonly (readonly [name: string, script: string])[] = [
  [
    "forbidden storage",
    `for (const name of ["localStorage", "sessionStorage", "indexedDB"]) {
      Object.defineProperty(window, name, { get() { throw new DOMException("no", "SecurityError"); } });
    }`,
  ],
  [
    "full storage",
    `IDBObjectStore.prototype.put = () => { throw new DOMException("full", "QuotaExceededError"); };
    Storage.prototype.setItem = () => { throw new DOMException("full", "QuotaExceededError"); };`,
  ],
  [
    "no IndexedDB",
    `Object.defineProperty(window, "indexedDB", { value: undefined });`,
  ],
  [
    "a database that never opens",
    `IDBFactory.prototype.open = () => ({});`,
  ],
  [
    "no Web Locks",
    `Object.defineProperty(navigator, "locks", { value: undefined });`,
  ],
];

for (const [name, script] of storages) {
  browserTest(`10.4 with ${name} events are still sent, once`, async () => {
    await using fixture = await openFixture(browser, postgres);
    await fixture.context.addInitScript(script);
    const page = await fixture.visit();
    const type = uniqueType("storage");
    await track(page, type, { n: 1 }, { n: 2 });
    assertEquals(await page.evaluate("analytics.flush()"), { sent: 2, rejected: 0, queued: 0 });
    const rows = await fixture.stored(type, 2);
    assertEquals(rows.length, 2);
    assertEquals(new Set(rows.map(({ session_id }) => session_id)).size, 1);
  });
}

browserTest("where locks are denied events are still sent", async () => {
  await using fixture = await openFixture(browser, postgres, {
    pages: () => ({
      "/frame": `<!doctype html><title>A frame</title><link rel="icon" href="data:,">
        <iframe sandbox="allow-scripts" src="/"></iframe>`,
    }),
  });
  const page = await fixture.visit("/frame");
  const frame = await until(() => page.frames()[1], "the frame");
  await frame.waitForLoadState();
  const lock = "navigator.locks.request('x', () => 'granted').catch(({ name }) => name)";
  assertEquals(await frame.evaluate(lock), "SecurityError");
  const type = uniqueType("sandbox");
  await track(frame, type, { n: 1 });
  assertEquals(await frame.evaluate("analytics.flush()"), { sent: 1, rejected: 0, queued: 0 });
  assertEquals((await fixture.stored(type, 1)).length, 1);
});

browserTest(
  "10.14 Global Privacy Control makes events anonymous, and they are stored",
  async () => {
    await using fixture = await openFixture(browser, postgres);
    await fixture.context.addInitScript(
      `Object.defineProperty(navigator, "globalPrivacyControl", { value: true });`,
    );
    const page = await fixture.visit("/?utm_source=mail");
    await page.evaluate(
      `analytics.identify(${JSON.stringify(await fixture.app.token("CREATOR"))})`,
    );
    const type = uniqueType("gpc");
    await track(page, type, { n: 1 });
    await page.evaluate("analytics.flush()");
    const [row] = await fixture.stored(type, 1);
    assertEquals([row?.session_id, row?.user_id, row?.attribution], [null, null, null]);
    assertEquals(await page.evaluate("analytics.getSessionId()"), null);
  },
);

browserTest("after optOut() nothing is kept or sent, until optIn()", async () => {
  await using fixture = await openFixture(browser, postgres, {
    options: { flushIntervalMs: 60_000 },
  });
  const page = await fixture.visit();
  const type = uniqueType("opt");
  await page.evaluate("analytics.flush()"); // a page that has just loaded may be sending
  await track(page, type, { n: 1 });
  await page.evaluate("analytics.optOut()");
  await track(page, type, { n: 2 });
  const next = await fixture.visit("/other");
  await track(next, type, { n: 3 });
  assertEquals(await next.evaluate("analytics.flush()"), { sent: 0, rejected: 0, queued: 0 });
  assertEquals(await next.evaluate("Object.keys(localStorage)"), ["sluice.opted-out"]);
  await next.evaluate("analytics.optIn()");
  await track(next, type, { n: 4 });
  await next.evaluate("analytics.flush()");
  assertEquals((await fixture.stored(type, 1)).map(({ props }) => props.n), [4]);
});

browserTest("10.15 an opt-out in one tab applies to all open tabs", async () => {
  await using fixture = await openFixture(browser, postgres, {
    options: { flushIntervalMs: 60_000 },
  });
  const [page, other] = [await fixture.visit(), await fixture.visit("/other")];
  const type = uniqueType("opt");
  await other.evaluate("analytics.flush()"); // a page that has just loaded may be sending
  await track(other, type, { n: 1 });
  await page.evaluate("analytics.optOut()");
  await until(
    () => other.evaluate("analytics.getState().optedOut"),
    "the storage event in the other tab",
  );
  assertEquals(await other.evaluate("analytics.getState().queued"), 0);
  await page.evaluate("analytics.optIn()");
  await until(
    () => other.evaluate("!analytics.getState().optedOut"),
    "the storage event in the other tab",
  );
  await track(other, type, { n: 2 });
  await other.evaluate("analytics.flush()");
  assertEquals((await fixture.stored(type, 1)).map(({ props }) => props.n), [2]);
});

browserTest("10.8 events belong to the user who was signed in when they happened", async () => {
  await using fixture = await openFixture(browser, postgres, {
    options: { flushIntervalMs: 60_000 },
  });
  const page = await fixture.visit();
  const type = uniqueType("identity");
  const identify = async (sub: string) => {
    const token = JSON.stringify(await fixture.app.token("CREATOR", sub));
    await page.evaluate(`analytics.identify(${token})`);
  };
  await track(page, type, { n: 1 });
  await identify("ann");
  await track(page, type, { n: 2 });
  await fixture.context.setOffline(true);
  await page.evaluate("analytics.reset()");
  await track(page, type, { n: 3 });
  await identify("bob");
  await track(page, type, { n: 4 });
  await fixture.context.setOffline(false);
  const rows = await fixture.stored(type, 4);
  const users = Object.fromEntries(rows.map(({ props, user_id }) => [props.n, user_id]));
  assertEquals(users, { 1: null, 2: "ann", 3: null, 4: "bob" });
  const sessions = new Set(rows.map(({ session_id }) => session_id));
  assertEquals(sessions.size, 2, "reset() ends the session");
});

browserTest("events that a signed-in user's page sends at exit belong to the user", async () => {
  await using fixture = await openFixture(browser, postgres, {
    options: { flushIntervalMs: 60_000 },
  });
  const page = await fixture.visit();
  const token = JSON.stringify(await fixture.app.token("CREATOR", "ann"));
  await page.evaluate(`analytics.identify(${token})`);
  const type = uniqueType("exit");
  await track(page, type, { n: 1 });
  await page.goto("about:blank");
  const rows = await fixture.stored(type, 1);
  assertEquals(rows.map(({ user_id }) => user_id), ["ann"]);
});

for (
  const [credentials, user] of [[undefined, null], ["omit", null], ["include", "ann"]] as const
) {
  browserTest(
    user === null
      ? `without credentials: include, a cookie identifies nobody, at page exit either: ${credentials}`
      : "with credentials: include, a cookie identifies the user, at page exit too",
    async () => {
      await using fixture = await openFixture(browser, postgres, {
        trusted: true,
        options: { flushIntervalMs: 60_000, credentials },
      });
      const value = await fixture.app.token("CREATOR", "ann");
      await fixture.context.addCookies([{ name: "session", value, url: fixture.service }]);
      const page = await fixture.visit();
      const type = uniqueType("cookie");
      await track(page, type, { by: "a batch" });
      await page.evaluate("analytics.flush()");
      await track(page, type, { by: "page exit" });
      await page.goto("about:blank");
      const rows = await fixture.stored(type, 2);
      assertEquals(rows.map(({ user_id }) => user_id), [user, user]);
    },
  );
}
