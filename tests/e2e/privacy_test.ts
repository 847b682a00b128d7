/** Consent and secrets in URLs, as Chromium's storage and network show them. */

import { assert, assertEquals } from "../support/assert.ts";
import { browserTest, openBrowser, type Page } from "../support/browser.ts";
import { openTestPostgres } from "../support/postgres.ts";
import { until } from "../support/until.ts";
import { type Fixture, openFixture } from "./fixture.ts";

const postgres = await openTestPostgres();
const browser = await openBrowser();
Deno.test.afterAll(async () => {
  await browser.close();
  await postgres[Symbol.asyncDispose]();
});

/** All that a page's origin has stored. */
async function readStorage(page: Page): Promise<Record<string, unknown>> {
  return await page.evaluate(`(async () => {
    const events = [];
    for (const { name } of await indexedDB.databases()) {
      const database = await new Promise((resolve, reject) => {
        const request = indexedDB.open(name);
        request.onsuccess = () => resolve(request.result);
        request.onerror = reject;
      });
      for (const store of database.objectStoreNames) {
        events.push(...await new Promise((resolve) => {
          const request = database.transaction(store).objectStore(store).getAll();
          request.onsuccess = () => resolve(request.result);
        }));
      }
      database.close();
    }
    return {
      local: { ...localStorage },
      session: { ...sessionStorage },
      databases: (await indexedDB.databases()).length,
      events,
      cookies: document.cookie,
      caches: (await caches.keys()).length,
    };
  })()`);
}

const NOTHING = { local: {}, session: {}, databases: 0, events: [], cookies: "", caches: 0 };

/** The requests to the service, but for the script. */
function watchRequests({ context, service }: Fixture): [path: string, body: string][] {
  const requests: [string, string][] = [];
  context.on("request", (request) => {
    const path = request.url().slice(service.length);
    if (request.url().startsWith(service) && !path.startsWith("/analytics.js")) {
      requests.push([path, request.postData() ?? ""]);
    }
  });
  return requests;
}

/** Lets the SDK's timers fire, which are due after 200 ms at this page. */
async function passTime(page: Page): Promise<void> {
  const now = Number(await page.evaluate("performance.now()"));
  await page.waitForFunction(`performance.now() > ${now + 600}`);
}

browserTest(
  "10.26 until optIn() Chromium stores nothing and sends nothing, then everything",
  async () => {
    await using fixture = await openFixture(browser, postgres, {
      options: { consent: "required" },
    });
    const requests = watchRequests(fixture);
    const page = await fixture.visit("/?utm_source=mail");
    const startedAt = Date.now();
    await page.evaluate(`sluice.trackPageViews(analytics); sluice.trackCtaClicks(analytics);
    analytics.track("consent_a", { n: 1 });
    history.pushState({}, "", "/other");
    window.id = analytics.getSessionId();
    analytics.flush();`);
    await passTime(page);
    await page.evaluate(
      `window.dispatchEvent(new Event("pagehide")); window.dispatchEvent(new Event("online"))`,
    );
    await passTime(page);
    const id = String(await page.evaluate("window.id"));
    assertEquals([await readStorage(page), requests], [NOTHING, []]);
    assertEquals(await page.evaluate("analytics.getState().awaitsConsent"), true);

    await page.evaluate("analytics.optIn()");
    const optedInAt = Date.now();
    const [event] = await fixture.stored("consent_a", 1);
    assert(event);
    assertEquals([event.session_id, event.attribution?.utmSource], [id, "mail"]);
    const at = event.occurred_at.getTime();
    assert(at >= startedAt - 2_000 && at <= optedInAt - 1_000, `${at} ${startedAt} ${optedInAt}`);
    assertEquals((await fixture.stored("page_viewed", 2)).map(({ props }) => props.page), [
      "/",
      "/other",
    ]);
    // Remembered on a later visit, in the same session
    const later = await fixture.visit("/other");
    await later.evaluate(`analytics.track("consent_b")`);
    const [second] = await fixture.stored("consent_b", 1);
    assertEquals(second?.session_id, id);
  },
);

browserTest(
  "10.26 optOut() while consent is awaited leaves only the choice, also on the next visit",
  async () => {
    await using fixture = await openFixture(browser, postgres, {
      options: { consent: "required" },
    });
    const requests = watchRequests(fixture);
    for (const path of ["/", "/other"]) {
      const page = await fixture.visit(path);
      await page.evaluate(
        `analytics.track("never_c"); analytics.optOut(); analytics.track("never_c")`,
      );
      await passTime(page);
      assertEquals(await readStorage(page), { ...NOTHING, local: { "sluice.opted-out": "0" } });
      await page.close();
    }
    assertEquals(requests, []);
  },
);

browserTest(
  "10.26 a tag with data-consent waits, and one optIn() speaks for all tabs",
  async () => {
    await using fixture = await openFixture(browser, postgres, {
      pages: (service) => ({
        "/tag": `<!doctype html><title>Tag</title><link rel="icon" href="data:,">
        <script src="${service}/analytics.js" data-auto data-consent="required"></script>`,
      }),
    });
    const requests = watchRequests(fixture);
    const tabs = await Promise.all([fixture.context.newPage(), fixture.context.newPage()]);
    for (const [i, tab] of tabs.entries()) await tab.goto(`${fixture.site}/tag?utm_id=${i}`);
    for (const tab of tabs) await passTime(tab);
    assertEquals([await readStorage(tabs[0] as Page), requests], [NOTHING, []]);
    await tabs[0]?.evaluate("sluice.analytics.optIn()");
    await until(
      () => requests.filter(([, body]) => body.includes("page_viewed")).length >= 2,
      "both tabs' views",
      60_000,
    );
  },
);

browserTest("4.11 10.28 Chromium stores and sends no secret of a URL", async () => {
  await using fixture = await openFixture(browser, postgres, {
    environment: { KEEP_QUERY_PARAMS: "page" },
    pages: (service) => ({
      "/tag": `<!doctype html><title>Tag</title><link rel="icon" href="data:,">
        <a id="cta" data-track href="#/x?token=s3cr3t">CTA</a>
        <a id="file" href="/a.pdf?token=s3cr3t&utm_source=s" target="_blank">File</a>
        <script src="${service}/analytics.js" data-auto data-keep-query-params="page"></script>`,
    }),
  });
  const requests = watchRequests(fixture);
  const page = await fixture.context.newPage();
  await page.goto(
    `${fixture.site}/tag?token=s3cr3t&page=2&gclid=g%zz&utm_source=mail#token=s3cr3t`,
    {
      referer: `${fixture.site}/from?code=s3cr3t`,
    },
  );
  await page.click("#cta");
  await page.click("#file");
  const storage = JSON.stringify(await readStorage(page));
  assert(storage.includes("gclid=g%zz"), storage);
  assertEquals(storage.match(/.{0,40}s3cr3t/g), null);
  const view = await until(
    async () => {
      const views = await fixture.stored("page_viewed", 1);
      return views.find(({ props }) => String(props.url).startsWith(fixture.site));
    },
    "the page view",
    60_000,
  );
  const [download] = await fixture.stored("asset_downloaded", 1);
  const [click] = await fixture.stored("cta_clicked", 1);
  const url = `${fixture.site}/tag?page=2&gclid=g%zz&utm_source=mail`;
  assertEquals([view.props.url, view.attribution?.landingPage, view.props.referrer], [
    url,
    url,
    `${fixture.site}/from`,
  ]);
  assertEquals([download?.props.url, click?.props.cta_url], [
    `${fixture.site}/a.pdf?utm_source=s`,
    url,
  ]);
  assertEquals(requests.map(([, body]) => body.match(/.{0,40}s3cr3t/g)).filter(Boolean), []);
});
