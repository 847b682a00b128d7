import { assert, assertEquals } from "../support/assert.ts";
import { openTestApp } from "../support/app.ts";
import { browserTest, type Page } from "../support/browser.ts";
import { asAdmin, forceFlush } from "../support/server.ts";
import { TcpProxy } from "../support/tcp_proxy.ts";
import { until } from "../support/until.ts";
import { openDashboard, openFixture } from "./dashboard_fixture.ts";

const fixture = await openFixture();

/** The event types in the tail, newest first. */
async function typesIn(page: Page): Promise<string[]> {
  return await page.locator(".tail tbody td:nth-child(2) a").allTextContents();
}

async function waitForType(page: Page, type: string): Promise<void> {
  await page.getByRole("link", { name: type, exact: true }).waitFor();
}

browserTest("the tail shows events accepted by any process until it is paused", async () => {
  await using dashboard = await openDashboard(fixture);
  const page = await dashboard.open("#/tail");
  await page.getByText("Live", { exact: true }).waitFor();
  using kv = await Deno.openKv(dashboard.app.kvPath);
  await using other = await openTestApp(fixture.postgres.database, {
    parts: (parts) => ({ ...parts, kv }),
  });
  await other.post("/v1/events", { eventType: "from_another_process" });
  await dashboard.track({ eventType: "from_this_process" });
  await waitForType(page, "from_another_process");
  await waitForType(page, "from_this_process");

  await page.getByRole("button", { name: "Pause" }).click();
  await dashboard.track({ eventType: "while_paused" });
  await page.getByText("1 new event").waitFor();
  assert(!(await typesIn(page)).includes("while_paused"));
  await page.getByRole("button", { name: "Resume" }).click();
  assertEquals((await typesIn(page))[0], "while_paused");
});

browserTest(
  "the tail can be filtered by type, session and user, and the filter is in the URL",
  async () => {
    await using dashboard = await openDashboard(fixture);
    const session = crypto.randomUUID();
    const page = await dashboard.open("#/tail");
    await dashboard.track({ eventType: "with_session", sessionId: session });
    await dashboard.track({ eventType: "without_session" });
    await waitForType(page, "without_session");
    await page.getByTitle(`Show only session ${session}`).click();
    await until(
      async () => (await typesIn(page)).join() === "with_session",
      "only events of the session",
    );
    assert(page.url().endsWith(`#/tail?session=${session}`));

    await page.getByLabel("Session", { exact: true }).fill("1234");
    await page.getByText("Not a UUID").waitFor();
    await page.getByRole("button", { name: "Clear session" }).click();
    await waitForType(page, "without_session");
    await page.getByLabel("Type", { exact: true }).fill("without_session");
    await page.keyboard.press("Enter");
    await until(async () => new Set(await typesIn(page)).size === 1, "only one type");

    await dashboard.app.post(
      "/v1/events",
      { eventType: "by_user" },
      await asAdmin(dashboard.app),
    );
    const other = await dashboard.open("#/tail?user=user_1");
    await until(async () => (await typesIn(other)).join() === "by_user", "only events of the user");
  },
);

browserTest("an event's receipt follows it from the buffer to its enrichment", async () => {
  await using dashboard = await openDashboard(fixture);
  const page = await dashboard.open("#/tail");
  const key = crypto.randomUUID();
  await dashboard.track({ eventType: "followed", idempotencyKey: key, props: { deep: { er: 1 } } });
  await page.getByRole("link", { name: "followed" }).click();
  const sheet = page.getByRole("dialog");
  const lifecycle = sheet.locator(".lifecycle li");
  await lifecycle.filter({ hasText: "Waiting for the next flush." }).waitFor();
  await forceFlush(dashboard.app);
  await sheet.getByText("Written to Postgres.").waitFor();
  await sheet.locator(".receipt-head").getByText("Enriched").waitFor();
  assertEquals(await lifecycle.locator("b").allTextContents(), ["Received", "Stored", "Enriched"]);
  await sheet.getByText("is_bot").waitFor();
  await page.keyboard.press("Escape");
  await sheet.waitFor({ state: "detached" });
  assertEquals(await page.evaluate("document.activeElement.textContent"), "followed");

  await page.getByLabel("Find an event").fill(key);
  await page.keyboard.press("Enter");
  await sheet.locator(".receipt-head").getByText("Enriched").waitFor();
  const unknown = await dashboard.open(`#/now?event=${crypto.randomUUID()}`);
  await unknown.getByText("No event has this id or idempotency key").waitFor();
});

browserTest("a tail whose connection was cut resumes where it stopped", async () => {
  let proxy: TcpProxy | null = null;
  let target = 0;
  await using dashboard = await openDashboard(fixture, {
    port: (port) => {
      proxy = new TcpProxy(target = port);
      return proxy.port;
    },
  });
  await using cable = proxy as unknown as TcpProxy;
  const page = await dashboard.open("#/tail");
  await page.getByText("Live", { exact: true }).waitFor();
  await dashboard.track({ eventType: "before_the_cut" });
  await waitForType(page, "before_the_cut");
  cable.cut();
  await page.getByText("Sluice is not responding since").waitFor();
  await dashboard.track({ eventType: "during_the_cut" });
  cable.target = target;
  await waitForType(page, "during_the_cut");
  assertEquals((await typesIn(page)).filter((type) => type === "before_the_cut").length, 1);
});

browserTest("leaving the tail closes its connection", async () => {
  const open = new Set<Request>();
  await using dashboard = await openDashboard(fixture, {
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
  await page.clock.runFor(5_000); // longer than the delay before a reconnect
  assertEquals(open.size, 0);
});

browserTest("without a live connection the tail polls", async () => {
  await using dashboard = await openDashboard(fixture);
  await dashboard.context.route("**/admin.tail*", (route) => route.abort());
  const page = await dashboard.open("#/tail");
  await page.getByText("Polling (live connection unavailable)").waitFor();
  await dashboard.track({ eventType: "polled" });
  await waitForType(page, "polled");
});
