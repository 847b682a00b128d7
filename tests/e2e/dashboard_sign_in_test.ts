import { assertEquals } from "../support/assert.ts";
import { browserTest } from "../support/browser.ts";
import { openDashboard, openRoom } from "./dashboard_fixture.ts";

const room = await openRoom();

browserTest("an admin signs in by the form, is remembered, and signs out", async () => {
  await using dashboard = await openDashboard(room, { role: null });
  const page = await dashboard.open();
  await page.getByLabel("Admin token").fill(await dashboard.app.token("ADMIN"));
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("All is well").waitFor();
  const [cookie] = await dashboard.context.cookies();
  assertEquals([cookie?.name, cookie?.httpOnly, cookie?.sameSite], ["session", true, "Strict"]);
  assertEquals(await page.evaluate("document.cookie"), "");
  await page.reload();
  await page.getByText("All is well").waitFor();

  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByLabel("Admin token").waitFor();
  assertEquals(await dashboard.context.cookies(), []);
});

browserTest("the link that is printed signs in, and leaves no token in the address", async () => {
  await using dashboard = await openDashboard(room, { role: null });
  const page = await dashboard.open(`#token=${await dashboard.app.token("ADMIN")}`);
  await page.getByText("All is well").waitFor();
  assertEquals(page.url(), `${dashboard.url}/admin`);
  await page.goBack();
  assertEquals(page.url().includes("token"), false);
  const again = await dashboard.open(`#token=${await dashboard.app.token("ADMIN")}`);
  await again.getByText("All is well").waitFor();
  assertEquals(again.url(), `${dashboard.url}/admin`);
});

browserTest("who is no admin gets no further than the form, and is told why", async () => {
  await using dashboard = await openDashboard(room, { role: "CREATOR" });
  const page = await dashboard.open();
  await page.getByRole("alert").getByText("needs the role ADMIN").waitFor();
  await page.getByLabel("Admin token").fill("nonsense");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("alert").getByText("not valid here").waitFor();
  await page.getByLabel("Admin token").fill(await dashboard.app.token("BRAND"));
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("alert").getByText("needs the role ADMIN").waitFor();
  assertEquals(await page.locator("#dashboard").count(), 0);
});

browserTest("a sign-in that is over leads back to the form", async () => {
  await using dashboard = await openDashboard(room);
  const page = await dashboard.open("#/plots");
  await page.getByRole("heading", { name: "Plots" }).waitFor();
  await dashboard.context.clearCookies();
  await page.getByLabel("Admin token").waitFor();
});
