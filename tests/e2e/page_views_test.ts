import { bundle } from "../../src/build/bundle.ts";
import { assertEquals } from "../support/assert.ts";
import { browserTest, openBrowser, type Page } from "../support/browser.ts";
import { openTestPostgres } from "../support/postgres.ts";
import { type Fixture, openFixture, type StoredEvent } from "./fixture.ts";

const postgres = await openTestPostgres();
const browser = await openBrowser();
const sdk = await bundle({
  entry: new URL("../../src/client/mod.ts", import.meta.url),
  format: "esm",
  mangleInternal: true,
});
const strictMode = await bundle({
  entry: new URL("../client/react_page_views.tsx", import.meta.url),
  format: "iife",
  minified: false, // React's strict mode mounts twice only in development
});
Deno.test.afterAll(async () => {
  await browser.close();
  await postgres[Symbol.asyncDispose]();
});

/** Opens a page that collects its views in `window.seen`, as `[page, url without origin]`. */
async function openViews(fixture: Fixture, path = "/", options = "{}"): Promise<Page> {
  const page = await fixture.visit(path);
  await page.evaluate(`window.seen = []; window.spy = { track: (_, { page, url }) =>
    seen.push([page, url.slice(location.origin.length)]) };
    sluice.trackPageViews(spy, ${options});`);
  return page;
}

/** The views so far and those still to come from this task. */
async function readViews(page: Page): Promise<unknown> {
  return await page.evaluate(
    "new Promise((resolve) => setTimeout(() => setTimeout(() => resolve(window.seen))))",
  );
}

/** The pages that were viewed on the site of a fixture. */
function pagesIn(views: readonly StoredEvent[], { site }: Fixture): readonly unknown[] {
  return views.filter(({ props }) => String(props.url).startsWith(site)).map(({ props }) =>
    props.page
  );
}

browserTest(
  "10.19 replaceState is a view only if the path changes, pushState if the query does",
  async () => {
    await using fixture = await openFixture(browser, postgres);
    const page = await openViews(fixture);
    await page.evaluate(`
    history.replaceState({}, "", "/?filter=red");
    history.replaceState({}, "", "/?filter=red#top");
    history.replaceState({}, "", "#part");
  `);
    assertEquals(await readViews(page), [["/", "/"]]);
    await page.evaluate(
      `history.pushState({}, "", "/?page=2"); history.pushState({}, "", "#part");`,
    );
    await page.evaluate(`history.replaceState({}, "", "/other?page=2")`);
    assertEquals(await readViews(page), [["/", "/"], ["/", "/?page=2"], [
      "/other",
      "/other?page=2",
    ]]);
  },
);

browserTest("10.19 views by the Navigation API count, each once", async () => {
  await using fixture = await openFixture(browser, postgres);
  const page = await openViews(fixture);
  await page.evaluate(`
    navigation.addEventListener("navigate", (event) => event.intercept({ handler: async () => {} }));
    navigation.navigate("/a").finished
      .then(() => navigation.navigate("/a?x=1", { history: "replace" }).finished)
      .then(() => navigation.navigate("/b", { history: "replace" }).finished)
      .then(() => history.pushState({}, "", "/c"))
      .then(() => navigation.back().finished)
  `);
  assertEquals(await readViews(page), [
    ["/", "/"],
    ["/a", "/a"],
    ["/b", "/b"],
    ["/c", "/c"],
    ["/b", "/b"],
  ]);
});

browserTest("10.20 a new route of a hash router is a view, a plain anchor is none", async () => {
  await using fixture = await openFixture(browser, postgres);
  const page = await openViews(fixture, "/other#/cart?token=secret");
  for (
    const hash of [
      "#/cart?token=other", // the same route
      "#section",
      "#access_token=secret",
      "#!/item/7",
      "#/access_token=secret",
    ]
  ) await page.evaluate(`location.hash = ${JSON.stringify(hash)}`);
  await page.evaluate(`history.pushState({}, "", "#/done")`);
  assertEquals(await readViews(page), [
    ["/other/cart", "/other"],
    ["/other/item/7", "/other"],
    ["/other/access_token", "/other"],
    ["/other/done", "/other"],
  ]);
  const plain = await openViews(fixture, "/#part");
  await plain.evaluate(`location.hash = "#section"`);
  assertEquals(await readViews(plain), [["/", "/"]]);
  const none = await openViews(fixture, "/#/a", "{ hash: false }");
  await none.evaluate(`location.hash = "#/b"`);
  assertEquals(await readViews(none), [["/", "/"]]);
});

browserTest("10.19 a page restored from the back/forward cache is a new view, once", async () => {
  await using fixture = await openFixture(browser, postgres);
  const page = await fixture.visit();
  await page.evaluate(`for (const n of [1, 2]) sluice.trackPageViews(analytics);
    onpageshow = ({ persisted }) => { window.restored = persisted; };
  `);
  await page.evaluate("analytics.flush()");
  await page.evaluate(LATER);
  await page.goto(`${fixture.site}/other`);
  await page.goBack({ waitUntil: "commit" }); // there is no load event
  await page.waitForFunction("window.restored === true");
  await page.evaluate("analytics.flush()");
  const views = await fixture.stored("page_viewed", 2);
  assertEquals(pagesIn(views, fixture), ["/", "/"]);
});

/** Sets the clock two seconds ahead, so that the same event is no double click. */
const LATER = "{ const now = Date.now; Date.now = () => now() + 2000; }";

/** Pages on which several parts track views for one service. */
function pagesOf(service: string): Readonly<Record<string, string>> {
  const head = '<!doctype html><title>Views</title><link rel="icon" href="data:,"><body>';
  const tag = `<script src="${service}/analytics.js" defer data-auto></script>`;
  const start = `import { createAnalytics, trackCtaClicks, trackPageViews } from "/sdk.js";
    const analytics = createAnalytics({ url: "${service}/" });
    trackPageViews(analytics);
    trackCtaClicks(analytics);
    Object.assign(window, { analytics });`;
  const sdkFirst = `<script type="module" async>${start} window.started = true;</script>`;
  const sdkLater = `<script type="module">
    ${LATER}
    import("/later.js").then(() => window.started = true);</script>`;
  const button = (path: string) => `<button data-track="clicked ${path}">Buy</button>`;
  return {
    "/sdk.js": sdk,
    "/later.js": start,
    "/strict.js": strictMode,
    "/tag-first": head + tag + sdkLater + button("/tag-first"),
    "/sdk-first": head + sdkFirst + `<script>
      const timer = setInterval(() => {
        if (!window.started) return;
        clearInterval(timer);
        ${LATER}
        document.body.append(Object.assign(document.createElement("script"), {
          src: "${service}/analytics.js", onload() { window.started = "both"; },
        }));
        document.body.lastChild.dataset.auto = "";
      });</script>` + button("/sdk-first"),
    "/strict": `${head}<script src="/strict.js" data-url="${service}"></script>`,
  };
}

for (const path of ["/tag-first", "/sdk-first"]) {
  browserTest(`10.21 tag and package on one page track once: ${path}`, async () => {
    await using fixture = await openFixture(browser, postgres, { pages: pagesOf });
    const page = await fixture.visit(path);
    await page.waitForFunction(`window.sluice?.analytics && window.started && window.analytics &&
      (${path === "/tag-first"} || started === "both")`);
    await page.click("button");
    await page.evaluate(`history.pushState({}, "", "${path}/2")`);
    await readViews(page);
    await page.evaluate("Promise.all([sluice.analytics.flush(), analytics.flush()])");
    const clicks = await fixture.stored(`clicked ${path}`, 1);
    assertEquals(clicks.length, 1);
    const views = await fixture.stored("page_viewed", 1);
    assertEquals(pagesIn(views, fixture), [path, `${path}/2`]);
  });
}

browserTest("10.21 React's strict mode and a remount track a page once", async () => {
  await using fixture = await openFixture(browser, postgres, { pages: pagesOf });
  const page = await fixture.visit("/strict");
  await page.getByText("Mounted 1").waitFor();
  await page.evaluate(LATER);
  await page.getByText("Remount").click();
  await page.getByText("Mounted 2").waitFor();
  await page.evaluate("analytics.flush()");
  const views = await fixture.stored("page_viewed", 1);
  assertEquals(pagesIn(views, fixture), ["/strict"]);
});

browserTest("10.19 a page that is opened in a background tab counts at once", async () => {
  await using fixture = await openFixture(browser, postgres);
  await fixture.context.addInitScript(
    `Object.defineProperty(document, "visibilityState", { value: "hidden" });`,
  );
  assertEquals(await readViews(await openViews(fixture)), [["/", "/"]]);
});

browserTest(
  "10.23 a new campaign or click id renews the attribution within a session",
  async () => {
    await using fixture = await openFixture(browser, postgres);
    const type = `arrival ${crypto.randomUUID()}`;
    const queries = [
      "?utm_source=mail",
      "",
      "?gclid=1",
      "?utm_source=ad&utm_medium=cpc",
      "?gclid=1",
    ];
    for (const query of queries) {
      const page = await fixture.visit(`/other${query}`);
      await page.evaluate(`analytics.track("${type}", { query: "${query}" }); analytics.flush()`);
      await page.close();
    }
    const rows = await fixture.stored(type, queries.length);
    const found = rows.map(({ attribution }) => {
      const { search } = new URL(String(attribution?.landingPage));
      return [attribution?.utmSource, search];
    });
    assertEquals(found, [
      ["mail", "?utm_source=mail"],
      ["mail", "?utm_source=mail"],
      [undefined, "?gclid=1"],
      ["ad", "?utm_source=ad&utm_medium=cpc"],
      ["ad", "?utm_source=ad&utm_medium=cpc"], // the same click, reloaded or gone back to
    ]);
    assertEquals(new Set(rows.map(({ session_id }) => session_id)).size, 1);
  },
);

browserTest("10.24 an emoji at the limit of a tag loses no event", async () => {
  await using fixture = await openFixture(browser, postgres);
  const page = await fixture.visit(`/?utm_source=${"x".repeat(254)}😀`);
  const type = `emoji ${crypto.randomUUID()}`;
  await page.evaluate(`analytics.track("${type}"); analytics.flush()`);
  const [row] = await fixture.stored(type, 1);
  assertEquals(row?.attribution?.utmSource, "x".repeat(254));
});
