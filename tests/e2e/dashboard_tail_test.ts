import { assert, assertEquals } from "../support/assert.ts";
import { openTestApp } from "../support/app.ts";
import { browserTest, type Page } from "../support/browser.ts";
import { asAdmin, forceFlush } from "../support/server.ts";
import { TcpProxy } from "../support/tcp_proxy.ts";
import { until } from "../support/until.ts";
import { openDashboard, openRoom } from "./dashboard_fixture.ts";

const room = await openRoom();

/** The types that the tail shows, the newest first. */
async function typesIn(page: Page): Promise<string[]> {
  return await page.locator(".tail tbody td:nth-child(2) a").allTextContents();
}

async function shows(page: Page, type: string): Promise<void> {
  await page.getByRole("link", { name: type, exact: true }).waitFor();
}

browserTest("the tail shows what another process accepted, until it is paused", async () => {
  await using dashboard = await openDashboard(room);
  const page = await dashboard.open("#/tail");
  await page.getByText("Live", { exact: true }).waitFor();
  using kv = await Deno.openKv(dashboard.app.kvPath);
  await using other = await openTestApp(room.postgres.database, {
    parts: (parts) => ({ ...parts, kv }),
  });
  await other.post("/v1/events", { eventType: "of_another_process" });
  await dashboard.track({ eventType: "of_this_process" });
  await shows(page, "of_another_process");
  await shows(page, "of_this_process");

  await page.getByRole("button", { name: "Pause" }).click();
  await dashboard.track({ eventType: "while_paused" });
  await page.getByText("1 event wait").waitFor();
  assert(!(await typesIn(page)).includes("while_paused"));
  await page.getByRole("button", { name: "Go on" }).click();
  assertEquals((await typesIn(page))[0], "while_paused");
});

browserTest(
  "the tail can be filtered by type, session and user; links keep the filter",
  async () => {
    await using dashboard = await openDashboard(room);
    const session = crypto.randomUUID();
    const page = await dashboard.open("#/tail");
    await dashboard.track({ eventType: "in_the_session", sessionId: session });
    await dashboard.track({ eventType: "in_none" });
    await shows(page, "in_none");
    await page.getByTitle(`Only session ${session}`).click();
    await until(async () => (await typesIn(page)).join() === "in_the_session", "the session alone");
    assert(page.url().endsWith(`#/tail?session=${session}`));

    await page.getByLabel("Session", { exact: true }).fill("1234");
    await page.getByText("Not a UUID").waitFor();
    await page.getByRole("button", { name: "Clear session" }).click();
    await shows(page, "in_none");
    await page.getByLabel("Type", { exact: true }).fill("in_none");
    await page.keyboard.press("Enter");
    await until(async () => new Set(await typesIn(page)).size === 1, "one type alone");

    await dashboard.app.post(
      "/v1/events",
      { eventType: "of_a_user" },
      await asAdmin(dashboard.app),
    );
    const other = await dashboard.open("#/tail?user=user_1");
    await until(async () => (await typesIn(other)).join() === "of_a_user", "the user's alone");
  },
);

browserTest("an event's receipt follows it from the buffer to its enrichment", async () => {
  await using dashboard = await openDashboard(room);
  const page = await dashboard.open("#/tail");
  const key = crypto.randomUUID();
  await dashboard.track({ eventType: "followed", idempotencyKey: key, props: { deep: { er: 1 } } });
  await page.getByRole("link", { name: "followed" }).click();
  const sheet = page.getByRole("dialog");
  const life = sheet.locator(".life li");
  await life.filter({ hasText: "Waits for the next flush." }).waitFor();
  await forceFlush(dashboard.app);
  await sheet.getByText("A row in Postgres.").waitFor();
  await sheet.locator(".receipt-head").getByText("Enriched").waitFor();
  assertEquals(await life.locator("b").allTextContents(), ["Received", "Stored", "Enriched"]);
  await sheet.getByText("is_bot").waitFor();
  await page.keyboard.press("Escape");
  await sheet.waitFor({ state: "detached" });
  assertEquals(await page.evaluate("document.activeElement.textContent"), "followed");

  await page.getByLabel("Find one event").fill(key);
  await page.keyboard.press("Enter");
  await sheet.locator(".receipt-head").getByText("Enriched").waitFor();
  const nobody = await dashboard.open(`#/now?event=${crypto.randomUUID()}`);
  await nobody.getByText("No event has this id or idempotency key").waitFor();
});

browserTest("a tail whose connection was cut goes on where it was", async () => {
  let proxy: TcpProxy | null = null;
  let target = 0;
  await using dashboard = await openDashboard(room, {
    port: (port) => {
      proxy = new TcpProxy(target = port);
      return proxy.port;
    },
  });
  await using cable = proxy as unknown as TcpProxy;
  const page = await dashboard.open("#/tail");
  await page.getByText("Live", { exact: true }).waitFor();
  await dashboard.track({ eventType: "before_the_cut" });
  await shows(page, "before_the_cut");
  cable.cut();
  await page.getByText("Sluice does not answer since").waitFor();
  await dashboard.track({ eventType: "during_the_cut" });
  cable.target = target;
  await shows(page, "during_the_cut");
  assertEquals((await typesIn(page)).filter((type) => type === "before_the_cut").length, 1);
});

browserTest("a tail that nobody looks at any more keeps no connection", async () => {
  const open = new Set<Request>();
  await using dashboard = await openDashboard(room, {
    fetch: (app) => (request, info) => {
      if (request.url.includes("admin.tail")) {
        open.add(request);
        request.signal.addEventListener("abort", () => open.delete(request));
      }
      return app.app.fetch(request, info);
    },
  });
  await dashboard.context.clock.install();
  const page = await dashboard.open();
  for (let i = 0; i < 3; i++) {
    await page.getByRole("link", { name: "Live tail" }).click();
    await page.getByText("Live", { exact: true }).waitFor();
    await page.getByRole("link", { name: "Client errors" }).click();
  }
  await until(() => open.size === 0, "all connections closed");
  await page.clock.runFor(5_000); // nor does it come back
  assertEquals(open.size, 0);
});

browserTest("where the live connection is cut off, the tail asks again and again", async () => {
  await using dashboard = await openDashboard(room);
  await dashboard.context.route("**/admin.tail*", (route) => route.abort());
  const page = await dashboard.open("#/tail");
  await page.getByText("Polling: the live connection is cut off").waitFor();
  await dashboard.track({ eventType: "polled" });
  await shows(page, "polled");
});
