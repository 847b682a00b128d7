import axe from "axe-core";
import { assertEquals, assertLessOrEqual } from "../support/assert.ts";
import { openTestApp, type TestApp } from "../support/app.ts";
import { browserTest, openBrowser, type Page, PageErrors } from "../support/browser.ts";
import { openClosedDatabase, serve } from "../support/server.ts";
import { until } from "../support/until.ts";

const browser = await openBrowser();
const database = openClosedDatabase();
Deno.test.afterAll(async () => {
  await browser.close();
  await database[Symbol.asyncDispose]();
});

/** Serves an application as a proxy does that takes `/ingest` off the paths. */
function serveUnderPrefix({ app }: TestApp) {
  return serve({
    fetch: async (request, info) => {
      const url = new URL(request.url);
      if (!url.pathname.startsWith("/ingest/")) return new Response(null, { status: 404 });
      url.pathname = url.pathname.slice("/ingest".length);
      return await app.fetch(new Request(url, request), info);
    },
  });
}

/** Faults of the viewer's own markup, which no style sheet mends. */
const OF_THE_VIEWER = ["heading-order", "nested-interactive", "region", "select-name"];

async function findViolations(page: Page): Promise<string[]> {
  // Colours that are still changing have another contrast.
  await until(() => page.evaluate("document.getAnimations().length === 0"), "still colours");
  await page.evaluate(axe.source);
  const run = 'axe.run({ resultTypes: ["violations"] })';
  const { violations } = await page.evaluate(run) as axe.AxeResults;
  return violations.filter(({ id }) => !OF_THE_VIEWER.includes(id)).flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 120)} ${failureSummary}`)
  );
}

browserTest(
  "1.26 /docs calls the service, under a path prefix too, and loads nothing else",
  async () => {
    await using app = await openTestApp(database);
    await using server = serveUnderPrefix(app);
    const context = await browser.newContext();
    const errors = new PageErrors(context);
    const page = await context.newPage();
    const problems: string[] = [];
    page.on("console", (line) => {
      if (["error", "warning"].includes(line.type())) problems.push(line.text());
    });
    page.on("request", (request) => {
      const url = request.url();
      const isOwn = url.startsWith(`${server.url}/ingest/`) || /^(data|blob):/.test(url);
      if (!isOwn) problems.push(url);
    });
    for (const path of ["/docs", "/docs/"]) {
      await page.goto(`${server.url}/ingest${path}`);
      const operation = page.locator("#operations-Events-trackEvent");
      await operation.getByText("Track an event").click();
      await operation.getByRole("button", { name: "Try it out" }).click();
      await operation.getByRole("button", { name: "Execute" }).click();
      await operation.locator(".live-responses-table").getByText('"tracked"').waitFor();
    }
    const pixel = page.locator("#operations-Events-openPixel");
    await pixel.getByText("Track the opening of an email").click();
    await pixel.getByRole("button", { name: "Try it out" }).click();
    await pixel.getByRole("button", { name: "Execute" }).click();
    const image = pixel.locator(".live-responses-table img");
    await image.waitFor({ state: "attached" });
    await until(
      async () =>
        (await image.evaluate((node) => "naturalWidth" in node && node.naturalWidth)) === 1,
      "the image to be shown",
    );
    await context.close();
    assertEquals(problems, []);
    errors.assertNone();
  },
);

browserTest("/docs is accessible in light and in dark, and fits a phone", async () => {
  await using app = await openTestApp(database);
  await using server = serve(app.app);
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${server.url}/docs`);
  await page.getByText("Track an event", { exact: true }).click();
  await page.getByRole("button", { name: "Try it out" }).waitFor();
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    const theme = colorScheme === "dark" ? "html.dark-mode" : "html:not(.dark-mode)";
    await page.locator(theme).waitFor();
    assertEquals([...new Set(await findViolations(page))], [], colorScheme);
  }
  await page.setViewportSize({ width: 375, height: 700 });
  const overflow = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
  assertLessOrEqual(Number(overflow), 0, "pixels wider than the window");
  await context.close();
});
