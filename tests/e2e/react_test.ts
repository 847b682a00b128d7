import { bundle } from "../../src/build/bundle.ts";
import {
  assertEquals,
  assertGreater,
  assertGreaterOrEqual,
  assertLess,
} from "../support/assert.ts";
import { browserTest, openBrowser, openSite } from "../support/browser.ts";
import { openTestPostgres } from "../support/postgres.ts";
import { until } from "../support/until.ts";
import { openFixture } from "./fixture.ts";

const postgres = await openTestPostgres();
const browser = await openBrowser();
const [script, changeScript] = await Promise.all(
  ["react_page", "react_change_page"].map((name) =>
    bundle({
      entry: new URL(`../client/${name}.tsx`, import.meta.url),
      format: "iife",
      minified: false, // React's strict mode mounts twice only in development
    })
  ),
);
Deno.test.afterAll(async () => {
  await browser.close();
  await postgres[Symbol.asyncDispose]();
});

/** Opens a fixture with a React page whose event types are unique to it. */
async function openReactFixture() {
  const type = `react ${crypto.randomUUID().slice(0, 8)}`;
  const fixture = await openFixture(browser, postgres, {
    pages: (service) => ({
      "/react.js": script ?? "",
      "/react": `<!doctype html><title>React</title><link rel="icon" href="data:,"><body>
        <script src="/react.js" data-url="${service}" data-type="${type}"></script>`,
    }),
  });
  return { fixture, type };
}

browserTest(
  "10.17 a view is one event with its duration, tracked when the component unmounts",
  async () => {
    const { fixture, type } = await openReactFixture();
    await using _ = fixture;
    const page = await fixture.visit("/react");
    await page.getByText("Asset a").waitFor();
    await page.evaluate(`
    const now = performance.now.bind(performance);
    performance.now = () => now() + 150; // 150 ms later
  `);
    await page.getByText("Next").click();
    await page.getByText("Asset b").waitFor();
    await page.getByText("Close").click();
    const rows = await fixture.stored(`${type} viewed`, 2);
    assertEquals(rows.map(({ props }) => props.id), ["a", "b"]);
    const first = Number(rows[0]?.props.view_duration_ms);
    assertGreaterOrEqual(first, 150);
    assertLess(first, 10_000);
  },
);

browserTest("10.17 a view that ends with the page is one event too", async () => {
  const { fixture, type } = await openReactFixture();
  await using _ = fixture;
  const page = await fixture.visit("/react");
  await page.getByText("Asset a").waitFor();
  await page.goto("about:blank");
  const rows = await fixture.stored(`${type} viewed`, 1);
  assertEquals(rows.map(({ props }) => props.id), ["a"]);
});

browserTest("useAnalytics() tracks, sets isTracking, and keeps its functions", async () => {
  const { fixture, type } = await openReactFixture();
  await using _ = fixture;
  let release = () => {};
  const held = new Promise<void>((resolve) => release = resolve);
  await fixture.context.route("**/v1/batch", async (route) => {
    await held;
    await route.continue();
  });
  const page = await fixture.visit("/react");
  await page.getByRole("button", { name: "Track" }).click();
  await page.getByText("tracking", { exact: true }).waitFor();
  release();
  await page.getByText("idle", { exact: true }).waitFor();
  assertEquals((await fixture.stored(`${type} clicked`, 1)).length, 1);
  const { renders, tracks } = await page.evaluate("seen()") as { renders: number; tracks: number };
  assertGreater(renders, 1);
  assertEquals(tracks, 1);
});

browserTest(
  "a view is tracked by the provider it began under, even if the provider changes",
  async () => {
    await using site = openSite({
      "/": `<!doctype html><title>React</title><body><script src="/change.js"></script>`,
      "/change.js": changeScript ?? "",
    });
    const page = await browser.newPage();
    await page.goto(site.url);
    const seen = (count: number) =>
      until(async () => {
        const all = await page.evaluate("seen") as string[];
        return all.length >= count && all;
      }, `${count} views`);
    await page.getByText("Change").click();
    assertEquals(await seen(1), ["viewed by the old"]);
    await page.getByText("Close").click();
    assertEquals(await seen(2), ["viewed by the old", "viewed by the new"]);
    await page.close();
  },
);
