import { assertEquals, assertGreater } from "../support/assert.ts";
import { browserTest, openBrowser } from "../support/browser.ts";
import { openTestPostgres } from "../support/postgres.ts";
import { openFixture } from "./fixture.ts";

const postgres = await openTestPostgres();
const browser = await openBrowser();
Deno.test.afterAll(async () => {
  await browser.close();
  await postgres[Symbol.asyncDispose]();
});

const environment = { DEMO: "true", BATCH_TIMEOUT_MS: "300" };

browserTest("the demo follows events: queued, rejected, stored, enriched", async () => {
  await using fixture = await openFixture(browser, postgres, { environment });
  const page = await fixture.context.newPage();
  await page.goto(`${fixture.service}/demo`);
  const stage = (name: string) => page.locator(".stages li", { hasText: name }).locator("strong");
  const row = (type: string) => page.locator(".rows li", { hasText: type });

  await page.getByLabel("Network on").uncheck();
  await page.getByLabel("View Night ferry").click();
  await page.getByText("You are viewing").waitFor();
  await page.getByRole("button", { name: "Close" }).click();
  await page.getByRole("button", { name: "License for $69" }).click();
  await page.getByText("waiting for network").waitFor();
  assertGreater(Number(await stage("In this browser").textContent()), 1);

  await page.getByLabel("Network off").check();
  await row("license_signed").getByText("Chromium").waitFor();
  await row("asset_viewed").getByText("Chromium").waitFor();
  assertEquals(await stage("In this browser").textContent(), "0");

  await page.getByRole("button", { name: "without a required prop" }).click();
  await page.getByText("post_viewed requires props.post_id").waitFor();
});

browserTest(
  "the demo shows only the session's own events, and exists only where enabled",
  async () => {
    await using fixture = await openFixture(browser, postgres, { environment });
    const events = (session: string) => fixture.app.get(`/demo/events?session=${session}`);
    const none = await events(crypto.randomUUID());
    assertEquals(await none.json(), { buffered: 0, rows: [] });
    assertEquals((await events("all")).status, 400);

    await using production = await openFixture(browser, postgres);
    for (const path of ["/demo", "/demo/demo.js", "/demo/events"]) {
      assertEquals((await production.app.get(path)).status, 404);
    }
  },
);
