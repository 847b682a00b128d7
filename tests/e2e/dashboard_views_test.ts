/**
 * Accessibility and layout of every view: light, dark, and on a phone. Screenshots are saved to the
 * folder `SCREENSHOTS`, or to a temporary one.
 */

import axe from "axe-core";
import { adminClient, refusePoison } from "../support/admin.ts";
import { createKey } from "../support/api_keys.ts";
import { assertEquals, assertLessOrEqual } from "../support/assert.ts";
import { browserTest, type Page } from "../support/browser.ts";
import { forceFlush } from "../support/server.ts";
import { until } from "../support/until.ts";
import { type Dashboard, openDashboard, openFixture } from "./dashboard_fixture.ts";

const fixture = await openFixture();
await refusePoison(fixture.postgres.database, true);
const folder = Deno.env.get("SCREENSHOTS") ?? await Deno.makeTempDir({ prefix: "sluice-views-" });
await Deno.mkdir(folder, { recursive: true });
Deno.test.afterAll(() =>
  void Deno.stdout.writeSync(new TextEncoder().encode(`Screenshots: ${folder}\n`))
);

const VARIANTS = {
  light: { colorScheme: "light", viewport: { width: 1280, height: 900 } },
  dark: { colorScheme: "dark", viewport: { width: 1280, height: 900 } },
  phone: { colorScheme: "light", viewport: { width: 360, height: 760 } },
} as const;

const POST = { post_id: "a_post" };

/** Produces data for every view. */
async function sendEvents(dashboard: Dashboard): Promise<void> {
  for (const eventType of ["page_viewed", "post_viewed", "post_read", "asset_searched"]) {
    for (const source of ["web", "mobile", "api"]) {
      const sessionId = crypto.randomUUID();
      await dashboard.track({ eventType, source, sessionId, props: POST, entityType: "post" });
    }
  }
  for (const name of ["one", "another"]) {
    await dashboard.track({ eventType: "poison", props: { name } });
  }
  const { database } = fixture.postgres;
  await createKey(database, { scopes: ["ingest:as", "read"], environment: "production" });
  await createKey(database, { name: "billing", scopes: ["import"], eventsPerSecond: 200 });
  const old = await createKey(database, { name: "legacy" });
  await adminClient(dashboard.app).admin.apiKeys.revoke.mutate({ id: old.id });
  await forceFlush(dashboard.app);
  await dashboard.track({ eventType: "page_viewed", props: { path: "/" } });
  for (const wrong of [{ eventType: "post_viewed" }, { eventType: "" }, { props: 1 }]) {
    await (await dashboard.app.post("/v1/events", wrong)).body?.cancel();
  }
}

interface View {
  readonly hash: string;
  /** Selector that is present once the view is ready. */
  readonly ready: string;
  /** Interaction that opens the view. */
  readonly open?: (page: Page) => Promise<void>;
}

const VIEWS: Readonly<Record<string, View>> = {
  now: { hash: "#/now", ready: ".tile.rate .line" },
  plots: { hash: "#/plots", ready: ".legend li" },
  figures: {
    hash: "#/plots?measure=flush",
    ready: ".figures td",
    open: (page) => page.getByText("as a table").click(),
  },
  tail: { hash: "#/tail", ready: ".tail tbody tr:nth-child(10)" },
  receipt: {
    hash: "#/tail?type=post_viewed",
    ready: "dialog .lifecycle li",
    open: (page) => page.getByRole("link", { name: "post_viewed" }).first().click(),
  },
  dead: { hash: "#/dead", ready: ".dead-letter" },
  edit: {
    hash: "#/dead",
    ready: "dialog textarea",
    open: (page) => page.getByRole("button", { name: "Edit…" }).first().click(),
  },
  discard: {
    hash: "#/dead",
    ready: "dialog .danger",
    open: (page) => page.getByRole("button", { name: "Discard…" }).first().click(),
  },
  errors: { hash: "#/errors", ready: ".cards pre" },
  keys: { hash: "#/keys", ready: ".api-key" },
  new_key: {
    hash: "#/keys",
    ready: "dialog .key-form",
    open: (page) => page.getByRole("button", { name: "New key…" }).click(),
  },
  revoke: {
    hash: "#/keys",
    ready: "dialog .danger",
    open: (page) => page.getByRole("button", { name: "Revoke… billing" }).first().click(),
  },
};

/** Accessibility violations found by axe-core. */
async function findViolations(page: Page): Promise<string[]> {
  // The content security policy does not allow loading axe; evaluating it over CDP works.
  if (!await page.evaluate("'axe' in globalThis")) await page.evaluate(axe.source);
  const run = 'axe.run({ resultTypes: ["violations"] })';
  const { violations } = await page.evaluate(run) as axe.AxeResults;
  return violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.html.slice(0, 120)} ${node.failureSummary}`)
  );
}

async function examine(page: Page, name: string, variant: string): Promise<void> {
  await page.screenshot({ path: `${folder}/${name}-${variant}.png`, animations: "disabled" });
  assertEquals(await findViolations(page), [], `${name}, ${variant}`);
  const overflow = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
  assertLessOrEqual(Number(overflow), 0, `${name}, ${variant}: pixels wider than the window`);
}

for (const [variant, options] of Object.entries(VARIANTS)) {
  browserTest(`every view is accessible and fits the window: ${variant}`, async () => {
    await using dashboard = await openDashboard(fixture, { context: options });
    await sendEvents(dashboard);
    const page = await dashboard.open();
    await page.getByText("All systems operational").waitFor();
    for (const [name, { hash, ready, open }] of Object.entries(VIEWS)) {
      await page.evaluate((to) => location.hash = to, hash);
      await open?.(page);
      await page.locator(ready).first().waitFor({ state: "attached" });
      await examine(page, name, variant);
      if (await page.getByRole("dialog").count() > 0) await page.keyboard.press("Escape");
    }
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByLabel("Admin token").waitFor();
    await examine(page, "sign_in", variant);
  });
}

browserTest("the dashboard can be used with the keyboard alone", async () => {
  await using dashboard = await openDashboard(fixture);
  const page = await dashboard.open();
  await page.getByText("All systems operational").waitFor();
  const focused = () => page.evaluate("document.activeElement.textContent");
  await page.keyboard.press("Tab");
  assertEquals(await focused(), "Skip to content");
  await page.keyboard.press("Enter");
  assertEquals(await page.evaluate("document.activeElement.id"), "content");
  await page.getByRole("link", { name: "Plots" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Events by type, last hour" }).waitFor();
  await page.getByRole("radio", { name: "Hour" }).focus();
  await page.keyboard.press("ArrowRight");
  await page.getByRole("heading", { name: "Events by type, last 24 hours" }).waitFor();
});

browserTest(
  "on a phone the link to the current view stays visible when a badge moves it",
  async () => {
    await using dashboard = await openDashboard(fixture, { context: VARIANTS.phone });
    await dashboard.track({ eventType: "poison", props: { name: "badge" } });
    await forceFlush(dashboard.app);
    const page = await dashboard.open("#/errors");
    await page.locator(".badge").waitFor();
    const link = page.locator("nav [aria-current]");
    await until(async () => {
      const { x = 0, width = Infinity } = await link.boundingBox() ?? {};
      return x >= 0 && x + width <= VARIANTS.phone.viewport.width + 1; // fractions of a pixel
    }, "the link within the window");
  },
);
