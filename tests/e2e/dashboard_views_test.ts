/**
 * Every view as an admin sees it: light, dark, on a phone. The pictures are kept in the folder that
 * `SCREENSHOTS` names, else in a temporary one.
 */

import axe from "axe-core";
import { refusePoison } from "../support/admin.ts";
import { assertEquals } from "../support/assert.ts";
import { browserTest, type Page } from "../support/browser.ts";
import { forceFlush } from "../support/server.ts";
import { type Dashboard, openDashboard, openRoom } from "./dashboard_fixture.ts";

const room = await openRoom();
await refusePoison(room.postgres.database, true);
const folder = Deno.env.get("SCREENSHOTS") ?? await Deno.makeTempDir({ prefix: "sluice-views-" });
await Deno.mkdir(folder, { recursive: true });
Deno.test.afterAll(() =>
  void Deno.stdout.writeSync(new TextEncoder().encode(`Pictures: ${folder}\n`))
);

const LOOKS = {
  light: { colorScheme: "light", viewport: { width: 1280, height: 900 } },
  dark: { colorScheme: "dark", viewport: { width: 1280, height: 900 } },
  phone: { colorScheme: "light", viewport: { width: 360, height: 760 } },
} as const;

const POST = { post_id: "a_post" };

/** Something for each view to show. */
async function fill(dashboard: Dashboard): Promise<void> {
  for (const eventType of ["page_viewed", "post_viewed", "post_read", "asset_searched"]) {
    for (const source of ["web", "mobile", "api"]) {
      const sessionId = crypto.randomUUID();
      await dashboard.track({ eventType, source, sessionId, props: POST, entityType: "post" });
    }
  }
  for (const name of ["one", "another"]) {
    await dashboard.track({ eventType: "poison", props: { name } });
  }
  await forceFlush(dashboard.app);
  await dashboard.track({ eventType: "page_viewed", props: { path: "/" } });
  for (const wrong of [{ eventType: "post_viewed" }, { eventType: "" }, { props: 1 }]) {
    await (await dashboard.app.post("/v1/events", wrong)).body?.cancel();
  }
}

interface View {
  readonly hash: string;
  /** What is there once it is shown. */
  readonly shown: string;
  /** What to do first. */
  readonly act?: (page: Page) => Promise<void>;
}

const VIEWS: Readonly<Record<string, View>> = {
  now: { hash: "#/now", shown: ".tile.rate .line" },
  plots: { hash: "#/plots", shown: ".legend li" },
  figures: {
    hash: "#/plots?measure=flush",
    shown: ".figures td",
    act: (page) => page.getByText("as a table").click(),
  },
  tail: { hash: "#/tail", shown: ".tail tbody tr:nth-child(10)" },
  receipt: {
    hash: "#/tail?type=post_viewed",
    shown: "dialog .life li",
    act: (page) => page.getByRole("link", { name: "post_viewed" }).first().click(),
  },
  dead: { hash: "#/dead", shown: ".dead-letter" },
  edit: {
    hash: "#/dead",
    shown: "dialog textarea",
    act: (page) => page.getByRole("button", { name: "Edit…" }).first().click(),
  },
  discard: {
    hash: "#/dead",
    shown: "dialog .danger",
    act: (page) => page.getByRole("button", { name: "Discard…" }).first().click(),
  },
  errors: { hash: "#/errors", shown: ".cards pre" },
};

/** What axe-core finds wrong. */
async function violations(page: Page): Promise<string[]> {
  // The policy forbids a page to load axe; the debugger may hand it in.
  if (!await page.evaluate("'axe' in globalThis")) await page.evaluate(axe.source);
  const run = 'axe.run({ resultTypes: ["violations"] })';
  const { violations } = await page.evaluate(run) as axe.AxeResults;
  return violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.html.slice(0, 120)} ${node.failureSummary}`)
  );
}

async function examine(page: Page, name: string, look: string): Promise<void> {
  await page.screenshot({ path: `${folder}/${name}-${look}.png`, animations: "disabled" });
  assertEquals(await violations(page), [], `${name}, ${look}`);
  const overflow = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
  assertEquals(Number(overflow) <= 0, true, `${name}, ${look}: the page is wider than its window`);
}

for (const [look, options] of Object.entries(LOOKS)) {
  browserTest(`every view is accessible and fits: ${look}`, async () => {
    await using dashboard = await openDashboard(room, { look: options });
    await fill(dashboard);
    const page = await dashboard.open();
    await page.getByText("All is well").waitFor();
    for (const [name, { hash, shown, act }] of Object.entries(VIEWS)) {
      await page.evaluate((to) => location.hash = to, hash);
      await act?.(page);
      await page.locator(shown).first().waitFor({ state: "attached" });
      await examine(page, name, look);
      if (await page.getByRole("dialog").count() > 0) await page.keyboard.press("Escape");
    }
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByLabel("Admin token").waitFor();
    await examine(page, "sign_in", look);
  });
}

browserTest("the keyboard alone leads everywhere", async () => {
  await using dashboard = await openDashboard(room);
  const page = await dashboard.open();
  await page.getByText("All is well").waitFor();
  const focused = () => page.evaluate("document.activeElement.textContent");
  await page.keyboard.press("Tab");
  assertEquals(await focused(), "Skip to the content");
  await page.keyboard.press("Enter");
  assertEquals(await page.evaluate("document.activeElement.id"), "content");
  await page.getByRole("link", { name: "Plots" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Events by type, the last hour" }).waitFor();
  await page.getByRole("radio", { name: "Hour" }).focus();
  await page.keyboard.press("ArrowRight");
  await page.getByRole("heading", { name: "Events by type, the last day" }).waitFor();
});
