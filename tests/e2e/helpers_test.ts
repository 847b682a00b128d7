import { assertEquals } from "../support/assert.ts";
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

/** A page whose helpers track into `window.seen`, so that it can be asked at once. */
async function openPage(fixture: Fixture, begin: string, path = "/"): Promise<Page> {
  const page = await fixture.visit(path);
  await page.evaluate(`window.seen = []; window.spy = {
    track: (eventType, props, options) => seen.push({ eventType, props, options }),
  }; window.stop = (${begin});`);
  return page;
}

async function seen(page: Page): Promise<readonly Tracked[]> {
  return await page.evaluate("seen") as Tracked[];
}

/** Says that the page is hidden, or visible again, as a browser does when tabs are changed. */
async function turn(page: Page, state: "hidden" | "visible"): Promise<void> {
  await page.evaluate(`
    Object.defineProperty(document, "visibilityState", { value: "${state}", configurable: true });
    document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
  `);
}

browserTest(
  "page views follow the History API, each address once, with the title set after it",
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
    const views = await seen(page);
    assertEquals(views.map(({ props }) => [props.page, props.title]), [
      ["/", "A page"],
      ["/assets", "Assets"],
      ["/", "Assets"],
    ]);
    assertEquals(views[1]?.props.referrer, `${fixture.site}/`);
    assertEquals(views[0]?.eventType, "page_viewed");
  },
);

browserTest("scroll depth is told at 25, 50, 75 and 100, once each", async () => {
  await using fixture = await openFixture(browser, postgres);
  const page = await openPage(fixture, `sluice.trackScrollDepth(spy, { props: { post_id: "p" } })`);
  const marks = async () => (await seen(page)).map(({ props }) => props.scroll_depth_percentage);
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
  assertEquals((await seen(page))[0]?.props.post_id, "p");
});

browserTest(
  "engagement counts visible and active time alone, and each part of it once",
  async () => {
    await using fixture = await openFixture(browser, postgres);
    const page = await fixture.visit();
    const at = (ms: number) => page.evaluate(`performance.now = () => ${ms}`);
    await at(1_000);
    await page.evaluate(`window.seen = []; window.stop = sluice.trackEngagementTime({
    track: (eventType, props) => seen.push({ eventType, props }),
  })`);
    await at(3_000);
    await turn(page, "hidden");
    await at(8_000);
    await turn(page, "visible");
    await at(9_000);
    await turn(page, "hidden");
    await at(10_000);
    await turn(page, "visible");
    await at(100_000); // without a sign of life for half a minute, nobody is there
    await page.evaluate(`dispatchEvent(new Event("pointermove"))`);
    await at(100_500);
    await page.evaluate("stop()");
    const times = (await seen(page)).map(({ props }) => props.engagement_time_ms);
    assertEquals(times, [2_000, 1_000, 30_500]);
  },
);

browserTest("an article is read when its end was in view, and not by who is too fast", async () => {
  await using fixture = await openFixture(browser, postgres);
  const article = "document.querySelector('p')";
  const page = await openPage(fixture, `sluice.trackReadComplete(spy, ${article}, { minMs: 400 })`);
  await page.evaluate("scrollTo(0, 1e6)");
  assertEquals(await seen(page), []);
  await page.waitForFunction("seen.length === 1");
  const [read] = await seen(page);
  assertEquals([read?.eventType, Number(read?.props.read_time_ms) >= 400], [
    "post_read_complete",
    true,
  ]);
});

browserTest("who leaves at once has bounced, who has clicked has not", async () => {
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
    await page.goto("about:blank"); // and not closed: a browser may end a tab without telling its page
  }
  const rows = await fixture.stored("post_bounce", 1);
  assertEquals(rows.length, 1);
});

browserTest("marked clicks and downloads are tracked, the middle button's too", async () => {
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
  const clicks = await seen(page);
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
  "a debounced function is called once, with the last arguments, and at the page's end",
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
    await turn(page, "hidden");
    assertEquals<unknown>(await seen(page), ["abc", "x"]);
    // Of the same delay but called later, so the cancelled call would come first.
    await page.evaluate(`
    search("y");
    search.cancel();
    sluice.debounced(50, (q) => seen.push(q))("z");
  `);
    await page.waitForFunction(`seen.includes("z")`);
    assertEquals<unknown>(await seen(page), ["abc", "x", "z"]);
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
  assertEquals(views.some(({ props }) => props.title === "Auto"), true);
});

browserTest("a script tag that fixtures twice tracks once", async () => {
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
