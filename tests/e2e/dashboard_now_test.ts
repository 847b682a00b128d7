import { systemClock } from "../../src/clock.ts";
import { parseOptions } from "../../src/simulate/options.ts";
import { simulate } from "../../src/simulate/run.ts";
import { counterKey, processKey } from "../../src/kv/keys.ts";
import { Database } from "../../src/store/database.ts";
import { assert, assertEquals, assertLessOrEqual, assertMatch } from "../support/assert.ts";
import { SECRET } from "../support/app.ts";
import { browserTest } from "../support/browser.ts";
import { forceFlush } from "../support/server.ts";
import { TcpProxy } from "../support/tcp_proxy.ts";
import { until } from "../support/until.ts";
import { openDashboard, openFixture, tile } from "./dashboard_fixture.ts";

const fixture = await openFixture();

async function sendTraffic(url: string, seconds: number): Promise<void> {
  const args = ["--url", url, "--rate", "150", "--seconds", String(seconds), "--secret", SECRET];
  await simulate(parseOptions(args), {
    clock: systemClock,
    stopwatch: () => performance.now(),
    screen: { write() {}, isTerminal: false, colour: false },
    stop: new AbortController().signal,
    auth: { issuer: null, audience: null },
  });
}

function numberIn(text: string | null): number {
  return Number((text ?? "").replaceAll(/[^\d.]/g, ""));
}

browserTest("simulated traffic shows up in tiles, live tail, plots and client errors", async () => {
  await using dashboard = await openDashboard(fixture, {
    environment: { BATCH_TIMEOUT_MS: "300" },
  });
  const page = await dashboard.open();
  await page.getByText("All systems operational").waitFor();
  const tail = await dashboard.open("#/tail");
  await tail.getByText("Live", { exact: true }).waitFor();
  const traffic = sendTraffic(dashboard.url, 4);
  for (const name of ["Accepted", "Stored", "Duplicates", "Rejected"]) {
    const figure = tile(page, name).locator(".figure");
    await until(
      async () => numberIn(await figure.textContent()) > 0,
      `a rate of ${name}`,
    );
  }
  await tail.locator("tbody tr").nth(20).waitFor();
  await traffic;
  await forceFlush(dashboard.app);

  await page.getByRole("link", { name: "Plots" }).click();
  const legend = page.locator(".legend li");
  await legend.filter({ hasText: "page_viewed" }).waitFor();
  const sums = await legend.locator("b").allTextContents();
  const stored = await fixture.postgres.database.run(async (sql) =>
    Number((await sql`select count(*) from events`)[0]?.count)
  );
  assertLessOrEqual(sums.map(numberIn).reduce((sum, n) => sum + n, 0), stored);
  await page.getByText("Source", { exact: true }).click();
  await legend.filter({ hasText: "webhook" }).waitFor();
  assert(page.url().endsWith("#/plots?measure=source"));
  await page.getByText("Show all 60 intervals as a table").click();
  await page.locator(".figures tbody tr").nth(59).waitFor();
  await page.getByText("Flush duration", { exact: true }).click();
  await legend.filter({ hasText: "p99" }).waitFor();

  await page.getByRole("link", { name: "Client errors" }).click();
  const errors = page.locator(".cards > li");
  await errors.first().waitFor();
  assert(await errors.first().locator("pre").textContent());
});

browserTest(
  "an outage of Postgres is shown until it ends, and a force flush shows its result",
  async () => {
    const target = Number(new URL(fixture.postgres.url).port);
    await using proxy = new TcpProxy(target);
    const url = new URL(fixture.postgres.url);
    url.port = String(proxy.port);
    await using database = new Database({ url: url.href, maxConnections: 2, deadlineMs: 1_000 });
    await using dashboard = await openDashboard(fixture, {
      database,
      environment: { BATCH_TIMEOUT_MS: "60000", ENABLE_ENRICHMENT: "false" },
    });
    const page = await dashboard.open();
    await page.getByText("All systems operational").waitFor();
    const flush = tile(page, "Buffer").getByRole("button");
    const result = tile(page, "Buffer").getByRole("status");
    await flush.click();
    await result.getByText("Buffer is empty").waitFor();
    await dashboard.track({ eventType: "page_viewed" });
    await flush.click();
    await result.getByText("Flushed 1 events").waitFor();
    await dashboard.track({
      eventType: "post_cta_clicked",
      props: { cta_type: "a", cta_url: "b" },
    });

    proxy.cut();
    await page.getByText("Postgres is not responding: events stay in the buffer").waitFor();
    await flush.click();
    await result.getByText("Not flushed; the events stay in the buffer").waitFor();
    proxy.target = target;
    await page.getByText("All systems operational").waitFor();
    await flush.click();
    await result.getByText(/Flushed 1 events|Buffer is empty/).waitFor(); // the service may have flushed already
    await tile(page, "Buffer").locator(".figure").getByText("0").waitFor();
  },
);

browserTest("counters that do not reconcile raise an alert with the difference", async () => {
  await using dashboard = await openDashboard(fixture);
  await dashboard.app.app.everyMinute(); // starts the reconciliation
  const page = await dashboard.open();
  await page.getByText("Balanced.").waitFor();
  await dashboard.app.kv.atomic().sum(counterKey("accepted"), 3n).commit();
  await dashboard.app.app.everyMinute();
  const alert = page.getByRole("alert");
  await alert.getByText("accepted = stored + replays + buffered + dead letters").waitFor();
  await alert.getByText("+3").waitFor();
  await page.getByRole("status").getByText("The counters do not reconcile").waitFor();
});

browserTest(
  "11.10 a KV that was empty although Postgres had rows raises an alert that says what to do",
  async () => {
    await using dashboard = await openDashboard(fixture);
    const { database } = fixture.postgres;
    await database.run((sql) =>
      sql`insert into kv_stores (id, rows_before) values (gen_random_uuid(), 0)`
    );
    await dashboard.track({ eventType: "page_viewed" });
    await dashboard.app.app.everyMinute();
    const page = await dashboard.open();
    await page.getByRole("status").getByText("was empty when it was first used").waitFor();
    const alert = page.getByRole("alert");
    await alert.getByText("put the old KV or its backup back").waitFor();
    const statement = await alert.locator("pre").textContent();
    await database.run((sql) => sql.unsafe(statement ?? ""));
    await dashboard.app.app.everyMinute();
    await page.getByText("All systems operational").waitFor();
    assertEquals(await alert.count(), 0);
  },
);

browserTest(
  "an outage of the service keeps the last data on screen, and the page recovers",
  async () => {
    let isDown = false;
    await using dashboard = await openDashboard(fixture, {
      fetch: (app) => (request, info) =>
        isDown ? new Response("gone", { status: 502 }) : app.app.fetch(request, info),
    });
    const page = await dashboard.open();
    await page.getByText("All systems operational").waitFor();
    isDown = true;
    await page.getByText(/Sluice is not responding since \d\d:\d\d:\d\d, retrying/).waitFor();
    assertEquals(await tile(page, "Accepted").count(), 1);
    isDown = false;
    await page.getByText("All systems operational").waitFor();
  },
);

browserTest(
  "a hidden page sends no requests, and sends one as soon as it is visible again",
  async () => {
    await using dashboard = await openDashboard(fixture);
    await dashboard.context.clock.install();
    const page = await dashboard.open();
    await page.getByText("All systems operational").waitFor();
    let requests = 0;
    page.on("request", () => requests++);
    const setHidden = (isHidden: boolean) =>
      page.evaluate((hidden) => {
        Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
      }, isHidden);
    await setHidden(true);
    await page.clock.runFor(2_000); // requests in flight may still complete
    requests = 0;
    await page.clock.runFor(60_000);
    assertEquals(requests, 0);
    await setHidden(false);
    await until(() => requests > 0, "a request");
  },
);

browserTest("9.15 several processes on one buffer are listed, one is not", async () => {
  await using dashboard = await openDashboard(fixture);
  const { app, kv } = dashboard.app;
  await app.start();
  const page = await dashboard.open();
  await page.getByText("All systems operational").waitFor();
  const processes = page.getByRole("region", { name: "2 processes" });
  assertEquals(await page.locator(".processes").count(), 0);
  const now = Date.now();
  await kv.set(processKey("other"), {
    name: "ams 5xh2q",
    version: "0.0.9",
    startedAt: now - 3_600_000,
    seenAt: now,
    accepted: 12_345,
    acceptedPerSecond: 7.25,
    flushedAt: now - 5_000,
  });
  const row = processes.getByRole("row").filter({ hasText: "ams 5xh2q" });
  await row.waitFor();
  const [accepted, rate, flush, uptime, version] = await row.getByRole("cell").allTextContents();
  assertEquals([accepted, rate, uptime, version], ["12,345", "7.3", "1 h", "0.0.9"]);
  assertMatch(flush ?? "", /^[\d.]+ s ago$/);
  await kv.delete(processKey("other"));
  await processes.waitFor({ state: "detached" });
});
