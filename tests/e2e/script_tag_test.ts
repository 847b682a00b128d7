import { EVENT_TYPES } from "../../src/events/catalogue.ts";
import { openTestApp } from "../support/app.ts";
import { assertEquals } from "../support/assert.ts";
import { browserTest, openBrowser } from "../support/browser.ts";
import { openTestPostgres } from "../support/postgres.ts";
import { forceFlush } from "../support/server.ts";
import { until } from "../support/until.ts";

const postgres = await openTestPostgres();
const browser = await openBrowser();
Deno.test.afterAll(async () => {
  await browser.close();
  await postgres[Symbol.asyncDispose]();
});

/** A site whose pages have one script each, and a proxy that serves the service below `/ingest`. */
async function openSite(pages: Readonly<Record<string, string>>) {
  await using opened = new AsyncDisposableStack();
  const app = opened.use(await openTestApp(postgres.database));
  const requests: string[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request, info) => {
    const url = new URL(request.url);
    if (url.pathname.startsWith("/ingest/")) {
      url.pathname = url.pathname.slice("/ingest".length);
      requests.push(`${request.method} ${url.pathname}`);
      return app.app.fetch(new Request(url, request), info);
    }
    const script = pages[url.pathname];
    const status = script === undefined ? 404 : 200;
    const head = `<!doctype html><title>${url.pathname}</title><link rel="icon" href="data:,">`;
    return new Response(head + script, { status, headers: { "content-type": "text/html" } });
  });
  opened.defer(() => server.shutdown());
  const context = await browser.newContext();
  opened.defer(() => context.close());
  const resources = opened.move();
  return {
    app,
    requests,
    context,
    url: `http://localhost:${server.addr.port}`,
    [Symbol.asyncDispose]: () => resources[Symbol.asyncDispose](),
  };
}

const tags: Readonly<Record<string, string>> = {
  "/defer": `<script src="/ingest/analytics.js?v=1" defer data-auto></script>`,
  "/async": `<script src="/ingest/analytics.js" async data-auto></script>`,
  "/module": `<script src="/ingest/analytics.js?v=1" type="module" data-auto></script>`,
  "/module-async": `<script src="/ingest/analytics.js" type="module" async data-auto></script>`,
  "/data-url": `<script src="/ingest/analytics.js" data-url="/ingest/" data-auto></script>`,
  "/inserted": `<script>
    const tag = document.createElement("script");
    tag.src = "/ingest/analytics.js";
    tag.dataset.auto = "";
    document.head.append(tag);
  </script>`,
  "/inserted-module": `<script>
    const tag = document.createElement("script");
    Object.assign(tag, { type: "module", src: "/ingest/analytics.js" });
    tag.dataset.auto = "";
    document.head.append(tag);
  </script>`,
};

browserTest(
  "10.25 a script tag of any kind tracks, and sends to where the script is from",
  async () => {
    await using site = await openSite(tags);
    for (const path of Object.keys(tags)) {
      const page = await site.context.newPage();
      await page.goto(site.url + path);
      await page.waitForFunction("window.sluice?.analytics");
      const sent = "sluice.analytics.flush().then(() => sluice.analytics.getState().sent)";
      assertEquals([path, await page.evaluate(sent)], [path, 1]);
      assertEquals(await page.evaluate("sluice.EVENT_TYPES"), EVENT_TYPES);
      await page.close();
    }
    await forceFlush(site.app);
    const views = await postgres.database.run((sql) =>
      sql<{ page: string }[]>`select props ->> 'page' as page from events order by id`
    );
    assertEquals(views.map(({ page }) => page), Object.keys(tags));
  },
);

const problems: readonly (readonly [name: string, page: string, warning: string])[] = [
  [
    "without its attributes",
    `<script src="/ingest/analytics.js"></script>`,
    "Sluice: no data-auto, no createAnalytics()",
  ],
  [
    "with a data-url that is no URL of a service",
    `<script src="/ingest/analytics.js" data-url="ftp://x" data-auto></script>`,
    "Sluice: data-url must be an http(s) URL, got ftp://x",
  ],
  [
    "with a data-url at which there is no service",
    `<script src="/ingest/analytics.js" data-url="/elsewhere" data-auto></script>`,
    "Sluice: /elsewhere takes no events",
  ],
];

for (const [name, script, warning] of problems) {
  browserTest(`10.25 a script tag ${name} says so once, and breaks nothing`, async () => {
    await using site = await openSite({ "/": script });
    const page = await site.context.newPage();
    const warnings: string[] = [];
    const errors: unknown[] = [];
    page.on("console", (message) => {
      if (message.text().startsWith("Sluice")) warnings.push(message.text());
    });
    page.on("pageerror", (error) => errors.push(error));
    await page.goto(site.url);
    await until(() => warnings.length > 0, "a warning");
    await page.evaluate("sluice.analytics?.flush()");
    assertEquals(warnings, [warning]);
    assertEquals(errors, []);
  });
}

browserTest("10.25 a page that creates an instance itself needs no attributes", async () => {
  const script = `<script src="/ingest/analytics.js"></script>
    <script>
      const analytics = sluice.createAnalytics({ url: "/ingest" });
    </script>`;
  await using site = await openSite({ "/": script });
  const page = await site.context.newPage();
  const warnings: string[] = [];
  page.on("console", (message) => warnings.push(message.text()));
  await page.clock.install();
  await page.goto(site.url);
  await page.clock.runFor(10_000);
  assertEquals(warnings, []);
});
