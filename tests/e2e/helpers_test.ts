import { assertEquals, assertGreaterOrEqual } from "../support/assert.ts";
import { browserTest, openBrowser, type Page } from "../support/browser.ts";
import { openTestPostgres } from "../support/postgres.ts";
import { type Fixture, openFixture } from "./fixture.ts";

const postgres = await openTestPostgres();
const browser = await openBrowser();
Deno.test.afterAll(async () => {
  await browser.close();
  await postgres[Symbol.asyncDispose]();
});

interface Tracked {
  readonly eventType: string;
  readonly props: Readonly<Record<string, unknown>>;
  readonly options: Readonly<Record<string, unknown>>;
}

/** Opens a page and starts a helper whose events are collected in `window.seen`. */
async function openPage(fixture: Fixture, start: string, path = "/"): Promise<Page> {
  const page = await fixture.visit(path);
  await page.evaluate(`window.seen = []; window.spy = {
    track: (eventType, props, options) => seen.push({ eventType, props, options }),
  }; window.stop = (${start});`);
  return page;
}

async function readSeen(page: Page): Promise<readonly Tracked[]> {
  return await page.evaluate("seen") as Tracked[];
}

/** Waits for two frames: a scroll event comes in the first, and what it requests in the second. */
async function nextFrames(page: Page): Promise<void> {
  await page.evaluate(
    "new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))",
  );
}

/** Hides the page or makes it visible, as a browser does when the visitor changes tabs. */
async function setVisibility(page: Page, state: "hidden" | "visible"): Promise<void> {
  await page.evaluate(`
    Object.defineProperty(document, "visibilityState", { value: "${state}", configurable: true });
    document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
  `);
}

browserTest(
  "page views follow the History API: each address once, with the title set after it",
  async () => {
    await using fixture = await openFixture(browser, postgres);
    const page = await openPage(fixture, "sluice.trackPageViews(spy)");
    await page.evaluate(`
    history.pushState({}, "", "/assets?id=1"); document.title = "Assets";
  `);
    await page.waitForFunction("seen.length === 2");
    await page.evaluate(`
    history.replaceState({}, "", "/assets?id=1");
    history.replaceState({}, "", "/assets?id=1#part");
  `);
    await page.evaluate("history.back()");
    await page.waitForFunction("seen.length === 3");
    // Views are tracked by timers in the order of the trackers, so the stopped one would come first.
    await page.evaluate(`
    window.other = [];
    sluice.trackPageViews({ track: (_, props) => other.push(props.page) });
    stop();
    history.pushState({}, "", "/after");
  `);
    await page.waitForFunction(`other.includes("/after")`);
    const views = await readSeen(page);
    assertEquals(views.map(({ props }) => [props.page, props.title]), [
      ["/", "A page"],
      ["/assets", "Assets"],
      ["/", "Assets"],
    ]);
    assertEquals(views[1]?.props.referrer, `${fixture.site}/`);
    assertEquals(views[0]?.eventType, "page_viewed");
  },
);

browserTest("scroll depth is tracked at 25, 50, 75 and 100, once each", async () => {
  await using fixture = await openFixture(browser, postgres);
  const page = await openPage(fixture, `sluice.trackScrollDepth(spy, { props: { post_id: "p" } })`);
  const marks = async () =>
    (await readSeen(page)).map(({ props }) => props.scroll_depth_percentage);
  for (const to of [0.5, 0.2, 0.3]) {
    // Listens after the helper, and so resolves after it has measured.
    await page.evaluate(`new Promise((resolve) => {
      addEventListener("scroll", () => requestAnimationFrame(resolve), { once: true });
      scrollTo(0, document.documentElement.scrollHeight * ${to});
    })`);
  }
  assertEquals(await marks(), [25, 50]);
  await page.evaluate("scrollTo(0, 1e6)");
  await page.waitForFunction("seen.length === 4");
  assertEquals(await marks(), [25, 50, 75, 100]);
  assertEquals((await readSeen(page))[0]?.props.post_id, "p");
});

browserTest(
  "engagement time counts only visible, active time, and no part of it twice",
  async () => {
    await using fixture = await openFixture(browser, postgres);
    const page = await fixture.visit();
    const at = (ms: number) => page.evaluate(`performance.now = () => ${ms}`);
    await at(1_000);
    await page.evaluate(`window.seen = []; window.stop = sluice.trackEngagementTime({
    track: (eventType, props) => seen.push({ eventType, props }),
  })`);
    await at(3_000);
    await setVisibility(page, "hidden");
    await at(8_000);
    await setVisibility(page, "visible");
    await at(9_000);
    await setVisibility(page, "hidden");
    await at(10_000);
    await setVisibility(page, "visible");
    await at(100_000); // after half a minute without input the visitor is idle
    await page.evaluate(`dispatchEvent(new Event("pointermove"))`);
    await at(100_500);
    await page.evaluate("stop()");
    const times = (await readSeen(page)).map(({ props }) => props.engagement_time_ms);
    assertEquals(times, [2_000, 1_000, 30_500]);
  },
);

browserTest("an article is read once its end was in view, and not before minMs", async () => {
  await using fixture = await openFixture(browser, postgres);
  const article = "document.querySelector('p')";
  const open = (minMs: number) =>
    openPage(fixture, `sluice.trackReadComplete(spy, ${article}, { minMs: ${minMs} })`);

  const early = await open(600_000);
  await early.evaluate("scrollTo(0, 1e6)");
  await nextFrames(early);
  assertEquals(await readSeen(early), []);

  const page = await open(400);
  await page.evaluate("scrollTo(0, 1e6)");
  await page.waitForFunction("seen.length === 1");
  const [read] = await readSeen(page);
  assertEquals(read?.eventType, "post_read_complete");
  assertGreaterOrEqual(Number(read?.props.read_time_ms), 400);
});

browserTest("a visitor who leaves at once has bounced, one who has clicked has not", async () => {
  await using fixture = await openFixture(browser, postgres, {
    options: { flushIntervalMs: 60_000 },
  });
  for (const clicks of [0, 1]) {
    const page = await fixture.visit();
    const id = crypto.randomUUID();
    await page.evaluate(
      `sluice.trackBounce(analytics, { withinMs: 60_000, props: { id: "${id}", post_id: "p" } })`,
    );
    if (clicks > 0) await page.mouse.click(5, 5);
    await page.goto("about:blank"); // not closed: a browser may end a tab without events
  }
  const rows = await fixture.stored("post_bounce", 1);
  assertEquals(rows.length, 1);
});

browserTest("marked clicks and downloads are tracked, also by the middle button", async () => {
  await using fixture = await openFixture(browser, postgres);
  const page = await openPage(fixture, "[sluice.trackCtaClicks(spy), sluice.trackDownloads(spy)]");
  await page.evaluate(`
    document.body.insertAdjacentHTML("afterbegin", \`
      <a id="cta" href="#prices" data-track="post_cta_clicked" data-track-cta-type="banner"
        data-track-post-id="p1"><b>Prices</b></a>
      <button data-track data-track-entity-type="asset" data-track-entity-id="c1">Buy</button>
      <a id="file" href="/files/Report.PDF?x=1" onclick="return false">Report</a>
      <a id="named" href="/x" download="data.bin" onclick="return false">Data</a>
      <a id="plain" href="#plain">Plain</a>\`);
  `);
  for (const selector of ["#cta b", "button", "#file", "#named", "#plain"]) {
    await page.click(selector);
  }
  await page.click("#cta", { button: "middle" });
  const clicks = await readSeen(page);
  assertEquals(clicks.map(({ eventType }) => eventType), [
    "post_cta_clicked",
    "cta_clicked",
    "asset_downloaded",
    "asset_downloaded",
    "post_cta_clicked",
  ]);
  assertEquals(clicks[0]?.props, {
    cta_type: "banner",
    cta_url: `${fixture.site}/#prices`,
    cta_text: "Prices",
    post_id: "p1",
  });
  assertEquals(clicks[1]?.options, { entityType: "asset", entityId: "c1" });
  assertEquals(clicks[2]?.props, {
    url: `${fixture.site}/files/Report.PDF?x=1`,
    file_name: "Report.PDF",
    file_extension: "pdf",
  });
  assertEquals(clicks[3]?.props.file_name, "data.bin");
});

browserTest(
  "a debounced function is called once, with the last arguments, also at page exit",
  async () => {
    await using fixture = await openFixture(browser, postgres);
    const page = await openPage(
      fixture,
      "window.search = sluice.debounced(50, (q) => seen.push(q))",
    );
    const atOnce = await page.evaluate(`search("a"); search("ab"); search("abc"); seen.length`);
    assertEquals(atOnce, 0);
    await page.waitForFunction("seen.length === 1");
    await page.evaluate(`search("x")`);
    await setVisibility(page, "hidden");
    assertEquals<unknown>(await readSeen(page), ["abc", "x"]);
    // Of the same delay but called later, so the cancelled call would come first.
    await page.evaluate(`
    search("y");
    search.cancel();
    sluice.debounced(50, (q) => seen.push(q))("z");
  `);
    await page.waitForFunction(`seen.includes("z")`);
    assertEquals<unknown>(await readSeen(page), ["abc", "x", "z"]);
  },
);

browserTest("the script tag alone tracks page views and clicks", async () => {
  await using fixture = await openFixture(browser, postgres, {
    pages: (service) => ({
      "/auto": `<!doctype html><title>Auto</title><link rel="icon" href="data:,">
        <script src="${service}/analytics.js" defer data-auto></script>
        <button data-track="button_clicked">Buy</button>`,
    }),
  });
  const page = await fixture.visit("/auto");
  await page.click("button");
  await page.evaluate("sluice.analytics.flush()");
  assertEquals((await fixture.stored("button_clicked", 1)).length, 1);
  const views = await fixture.stored("page_viewed", 1);
  assertEquals(views.filter(({ props }) => props.title === "Auto").length, 1);
});

browserTest("two script tags on a page track once", async () => {
  const button = `twice ${crypto.randomUUID().slice(0, 8)}`;
  await using fixture = await openFixture(browser, postgres, {
    pages: (service) => {
      const tag = `<script src="${service}/analytics.js" defer data-auto></script>`;
      return {
        "/twice": `<!doctype html><title>${button}</title><link rel="icon" href="data:,">
          ${tag}${tag}<button data-track="${button}">Buy</button>`,
      };
    },
  });
  const page = await fixture.visit("/twice");
  await page.click("button");
  await page.evaluate("sluice.analytics.flush()");
  await page.goto("about:blank"); // a second one would send now
  const next = await fixture.visit();
  await next.evaluate("analytics.flush()");
  assertEquals((await fixture.stored(button, 1)).length, 1);
  const views = await fixture.stored("page_viewed", 1);
  assertEquals(views.filter(({ props }) => props.title === button).length, 1);
});
