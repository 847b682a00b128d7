import { assertEquals, assertNotMatch } from "../support/assert.ts";
import { browserTest } from "../support/browser.ts";
import { openDashboard, openFixture } from "./dashboard_fixture.ts";

const fixture = await openFixture();

browserTest("an admin signs in with the form, stays signed in, and signs out", async () => {
  await using dashboard = await openDashboard(fixture, { role: null });
  const page = await dashboard.open();
  await page.getByLabel("Admin token").fill(await dashboard.app.token("ADMIN"));
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("All systems operational").waitFor();
  const [cookie] = await dashboard.context.cookies();
  assertEquals([cookie?.name, cookie?.httpOnly, cookie?.sameSite], [
    "sluice_admin",
    true,
    "Strict",
  ]);
  assertEquals(await page.evaluate("document.cookie"), "");
  await page.reload();
  await page.getByText("All systems operational").waitFor();

  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByLabel("Admin token").waitFor();
  assertEquals(await dashboard.context.cookies(), []);
});

browserTest("the printed link signs in and leaves no token in the address bar", async () => {
  await using dashboard = await openDashboard(fixture, { role: null });
  const page = await dashboard.open(`#token=${await dashboard.app.token("ADMIN")}`);
  await page.getByText("All systems operational").waitFor();
  assertEquals(page.url(), `${dashboard.url}/admin`);
  await page.goBack();
  assertNotMatch(page.url(), /token/);
  const again = await dashboard.open(`#token=${await dashboard.app.token("ADMIN")}`);
  await again.getByText("All systems operational").waitFor();
  assertEquals(again.url(), `${dashboard.url}/admin`);
});

browserTest("a user who is not an admin sees the form and the reason", async () => {
  await using dashboard = await openDashboard(fixture, { role: "CREATOR" });
  const page = await dashboard.open();
  await page.getByRole("alert").getByText("requires the ADMIN role").waitFor();
  await page.getByLabel("Admin token").fill("nonsense");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("alert").getByText("is not accepted").waitFor();
  await page.getByLabel("Admin token").fill(await dashboard.app.token("BRAND"));
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("alert").getByText("requires the ADMIN role").waitFor();
  assertEquals(await page.locator("#dashboard").count(), 0);
});

browserTest("an expired session leads back to the form", async () => {
  await using dashboard = await openDashboard(fixture);
  const page = await dashboard.open("#/plots");
  await page.getByRole("heading", { name: "Plots" }).waitFor();
  await dashboard.context.clearCookies();
  await page.getByLabel("Admin token").waitFor();
});
