/** The "API keys" view. */

import { assertEquals, assertMatch } from "../support/assert.ts";
import { browserTest } from "../support/browser.ts";
import { until } from "../support/until.ts";
import { openDashboard, openFixture } from "./dashboard_fixture.ts";

const fixture = await openFixture();

browserTest("9.14 a key is created, shown once, copied, used and revoked", async () => {
  await using dashboard = await openDashboard(fixture, {
    context: { permissions: ["clipboard-read", "clipboard-write"] },
  });
  const { app } = dashboard;
  const page = await dashboard.open("#/keys");
  await page.getByText("No API keys yet.").waitFor();
  await page.getByRole("button", { name: "New key…" }).click();
  await page.getByLabel("Name, such as billing").fill("royalties");
  await page.getByLabel("ingest Track events", { exact: true }).uncheck();
  await page.getByRole("button", { name: "Create key" }).click();
  await page.getByRole("alert").getByText("scopes must have at least one of ingest").waitFor();
  await page.getByLabel("ingest:as").check();
  await page.getByLabel("Label, such as production").fill("staging");
  await page.getByLabel("Events per second at most").fill("fast");
  await page.getByRole("button", { name: "Create key" }).click();
  await page.getByRole("alert").getByText('must be a number above 0, got "fast"').waitFor();
  await page.getByLabel("Events per second at most").fill("0");
  await page.getByRole("button", { name: "Create key" }).click();
  await page.getByRole("alert").getByText("eventsPerSecond must be a number above 0").waitFor();
  await page.getByLabel("Events per second at most").fill("50");
  await page.getByRole("button", { name: "Create key" }).click();
  const key = await page.locator("dialog pre").innerText();
  assertMatch(key, /^sluice_key_[0-9A-Za-z]{42}$/);
  await page.getByRole("button", { name: "Copy" }).click();
  await page.getByText("Copied.").waitFor();
  assertEquals(await page.evaluate("navigator.clipboard.readText()"), key);
  await page.getByRole("button", { name: "Done" }).click();

  const headers = { "x-api-key": key };
  const track = async () => {
    const response = await app.post("/v1/events", { eventType: crypto.randomUUID() }, headers);
    await response.body?.cancel();
    return response.status;
  };
  assertEquals(await track(), 200);
  const card = page.locator(".api-key").filter({ hasText: "royalties" });
  await card.getByText("Scopes: ingest:as; at most 50 events/s").waitFor();
  await card.getByText("never used").waitFor();
  const html = await page.content();
  assertEquals([key].filter((secret) => html.includes(secret)), []);
  await app.app.everyMinute();
  await page.reload();
  await card.getByText("last used").waitFor();

  await card.getByRole("button", { name: "Revoke…" }).click();
  await page.getByRole("button", { name: "Keep" }).click();
  assertEquals(await track(), 200);
  await card.getByRole("button", { name: "Revoke…" }).click();
  await page.getByRole("button", { name: "Revoke key" }).click();
  await card.getByText("Revoked", { exact: true }).waitFor();
  await until(async () => await track() === 401, "the key is refused");
  assertEquals(await card.getByRole("button").count(), 0);
});
