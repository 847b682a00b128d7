import { assertEquals } from "../support/assert.ts";
import { refusePoison } from "../support/admin.ts";
import { browserTest } from "../support/browser.ts";
import { forceFlush } from "../support/server.ts";
import { until } from "../support/until.ts";
import { type Dashboard, openDashboard, openFixture } from "./dashboard_fixture.ts";

const fixture = await openFixture();
const { database } = fixture.postgres;

/** Makes a dead letter for each name. */
async function poison(dashboard: Dashboard, ...names: string[]): Promise<void> {
  for (const name of names) {
    await dashboard.track({
      eventType: "poison",
      idempotencyKey: crypto.randomUUID(),
      props: { name },
    });
  }
  await forceFlush(dashboard.app);
}

async function rowsOf(name: string): Promise<number> {
  return await database.run(async (sql) =>
    Number((await sql`select count(*) from events where props ->> 'name' = ${name}`)[0]?.count)
  );
}

await refusePoison(database, true);

browserTest("a poison event is found, edited, replayed and stored once", async () => {
  await using dashboard = await openDashboard(fixture);
  await poison(dashboard, "edited");
  const page = await dashboard.open();
  await page.getByRole("link", { name: "Review 1 event rejected by Postgres" }).click();
  const deadLetter = page.locator(".dead-letter");
  await deadLetter.getByText('violates check constraint "no_poison"').waitFor();
  await deadLetter.getByText("23514").waitFor();

  await deadLetter.getByRole("button", { name: "Edit…" }).click();
  const text = page.getByLabel("Event columns as JSON");
  const payload = await text.inputValue();
  const save = page.getByRole("button", { name: "Save and replay" });
  const error = page.getByRole("dialog").getByRole("alert");
  await text.fill(payload.replace('"edited"', '"edited'));
  await save.click();
  await error.getByText(/line \d+, column \d+/).waitFor();
  await text.fill(payload.replace(/"id": "[^"]+"/, `"id": "${crypto.randomUUID()}"`));
  await save.click();
  await error.getByText("id must not change").waitFor();
  await text.fill(payload.replace('"props": {', '"props": 1, "_": {'));
  await save.click();
  await error.getByText("Not replayed: ").waitFor();

  await text.fill(payload.replace('"poison"', '"page_viewed"'));
  await save.click();
  await page.getByRole("status").getByText("back in the buffer").waitFor();
  await page.getByText("No dead letters waiting").waitFor();
  await forceFlush(dashboard.app);
  assertEquals(await rowsOf("edited"), 1);

  await page.getByText("Replayed", { exact: true }).click();
  await deadLetter.getByRole("button", { name: "Replay", exact: true }).click();
  await page.getByRole("status").getByText("Already replayed").waitFor();
  await forceFlush(dashboard.app);
  assertEquals(await rowsOf("edited"), 1);
  await deadLetter.getByRole("link").click();
  await page.getByRole("dialog").locator(".lifecycle").getByText("Replayed").waitFor();
});

browserTest(
  "selected dead letters are replayed together, and discarding asks for confirmation",
  async () => {
    await using dashboard = await openDashboard(fixture);
    await poison(dashboard, "kept", "dropped", "fixed");
    const page = await dashboard.open("#/dead");
    const deadLetters = page.locator(".dead-letter");
    await until(async () => await deadLetters.count() === 3, "three dead letters");
    const dropped = deadLetters.filter({ hasText: '"dropped"' });
    await dropped.getByRole("button", { name: "Discard…" }).click();
    const confirmation = page.getByRole("dialog", { name: "Discard 1 dead letter?" });
    assertEquals(await page.evaluate("document.activeElement.textContent"), "Keep");
    await page.keyboard.press("Enter");
    await confirmation.waitFor({ state: "detached" });
    assertEquals(await deadLetters.count(), 3);
    await dropped.getByRole("button", { name: "Discard…" }).click();
    await confirmation.getByRole("button", { name: "Discard 1 dead letter" }).click();
    await page.getByRole("status").getByText("Discarded").waitFor();
    await until(async () => await deadLetters.count() === 2, "two dead letters");

    await page.getByLabel("Select all (2)").check();
    await page.getByRole("button", { name: "Replay selected" }).click();
    await page.getByRole("status").getByText("2 of 2 dead letters processed").waitFor();
    await forceFlush(dashboard.app);
    await until(async () => await deadLetters.count() === 2, "both to be rejected again");
    await refusePoison(database, false);
    await page.getByLabel("Select all (2)").check();
    await page.getByRole("button", { name: "Replay selected" }).click();
    await page.getByText("No dead letters waiting").waitFor();
    await forceFlush(dashboard.app);
    assertEquals([await rowsOf("kept"), await rowsOf("dropped"), await rowsOf("fixed")], [
      1,
      0,
      1,
    ]);
    await page.getByRole("link", { name: "Dead letters", exact: true }).waitFor();
  },
);
