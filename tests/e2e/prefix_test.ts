import { assertEquals } from "../support/assert.ts";
import { browserTest } from "../support/browser.ts";
import { openDashboard, openFixture } from "./dashboard_fixture.ts";

const fixture = await openFixture();

/** A service behind a proxy that takes `/ops/sluice` off its paths. */
async function openPrefixed() {
  const paths: string[] = [];
  const dashboard = await openDashboard(fixture, {
    role: null,
    environment: { DEMO: "true" },
    fetch: ({ app }) => async (request, ...rest) => {
      const url = new URL(request.url);
      if (!url.pathname.startsWith("/ops/sluice/")) {
        paths.push(url.pathname);
        return new Response("Another application", { status: 404 });
      }
      url.pathname = url.pathname.slice("/ops/sluice".length);
      return await app.fetch(new Request(url, request), ...rest);
    },
  });
  return { dashboard, paths, root: `${dashboard.url}/ops/sluice` };
}

for (const path of ["/admin", "/admin/"]) {
  browserTest(`1.24 under a path prefix the dashboard works: ${path}`, async () => {
    const { dashboard, paths, root } = await openPrefixed();
    await using _ = dashboard;
    const page = await dashboard.context.newPage();
    await page.goto(root + path);
    await page.getByLabel("Admin token").fill("nonsense");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("alert").waitFor();
    await page.getByLabel("Admin token").fill(await dashboard.app.token("ADMIN"));
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("All systems operational").waitFor();
    assertEquals(page.url(), `${root}/admin`);
    await page.goto(`${root}${path}#/tail`);
    await dashboard.track({ eventType: "prefixed_event" });
    await page.getByText("prefixed_event").first().waitFor();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByLabel("Admin token").waitFor();
    assertEquals(page.url(), `${root}/admin`);
    assertEquals(paths, []);
  });
}

browserTest("1.24 under a path prefix the demo works", async () => {
  const { dashboard, paths, root } = await openPrefixed();
  await using _ = dashboard;
  const page = await dashboard.context.newPage();
  for (const path of ["/demo", "/demo/"]) {
    await page.goto(root + path);
    await page.getByRole("button", { name: "License for $69" }).click();
    await page.locator(".rows li", { hasText: "license_signed" }).first().waitFor();
  }
  assertEquals(paths, []);
});
