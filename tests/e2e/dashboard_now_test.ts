import { systemClock } from "../../src/clock.ts";
import { parseOptions } from "../../src/simulate/options.ts";
import { simulate } from "../../src/simulate/run.ts";
import { counterKey } from "../../src/kv/keys.ts";
import { Database } from "../../src/store/database.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { SECRET } from "../support/app.ts";
import { browserTest } from "../support/browser.ts";
import { forceFlush } from "../support/server.ts";
import { TcpProxy } from "../support/tcp_proxy.ts";
import { until } from "../support/until.ts";
import { openDashboard, openRoom, tile } from "./dashboard_fixture.ts";

const room = await openRoom();

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

browserTest("simulated traffic arrives in tiles, tail, plots and client errors", async () => {
  await using dashboard = await openDashboard(room, { environment: { BATCH_TIMEOUT_MS: "300" } });
  const page = await dashboard.open();
  await page.getByText("All is well").waitFor();
  const tail = await dashboard.open("#/tail");
  await tail.getByText("Live", { exact: true }).waitFor();
  const traffic = sendTraffic(dashboard.url, 4);
  for (const name of ["Accepted", "Written", "Duplicates", "Rejected"]) {
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
  const stored = await room.postgres.database.run(async (sql) =>
    Number((await sql`select count(*) from events`)[0]?.count)
  );
  assertEquals(sums.map(numberIn).reduce((sum, n) => sum + n, 0) <= stored, true);
  await page.getByText("Source", { exact: true }).click();
  await legend.filter({ hasText: "webhook" }).waitFor();
  assert(page.url().endsWith("#/plots?measure=source"));
  await page.getByText("All 60 steps as a table").click();
  await page.locator(".figures tbody tr").nth(59).waitFor();
  await page.getByText("Flush time", { exact: true }).click();
  await legend.filter({ hasText: "p99" }).waitFor();

  await page.getByRole("link", { name: "Client errors" }).click();
  const errors = page.locator(".cards > li");
  await errors.first().waitFor();
  assert(await errors.first().locator("pre").textContent());
});

browserTest(
  "Postgres that is away is said, and that it is back; a force flush says its result",
  async () => {
    const target = Number(new URL(room.postgres.url).port);
    await using proxy = new TcpProxy(target);
    const url = new URL(room.postgres.url);
    url.port = String(proxy.port);
    await using database = new Database({ url: url.href, maxConnections: 2, deadlineMs: 1_000 });
    await using dashboard = await openDashboard(room, {
      database,
      environment: { BATCH_TIMEOUT_MS: "60000", ENABLE_ENRICHMENT: "false" },
    });
    const page = await dashboard.open();
    await page.getByText("All is well").waitFor();
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
    await page.getByText("Postgres does not answer: events wait in the buffer").waitFor();
    await flush.click();
    await result.getByText("Nothing is lost, but nothing was flushed").waitFor();
    proxy.target = target;
    await page.getByText("All is well").waitFor();
    await flush.click();
    await result.getByText(/Flushed 1 events|Buffer is empty/).waitFor(); // it tries by itself, too
    await tile(page, "Buffer").locator(".figure").getByText("0").waitFor();
  },
);

browserTest("reconciliation that do not balance are a red line with the figures", async () => {
  await using dashboard = await openDashboard(room);
  await dashboard.app.app.everyMinute(); // opens them
  const page = await dashboard.open();
  await page.getByText("They balance.").waitFor();
  await dashboard.app.kv.atomic().sum(counterKey("accepted"), 3n).commit();
  await dashboard.app.app.everyMinute();
  const alert = page.getByRole("alert");
  await alert.getByText("accepted = stored + replays + buffered + dead letters").waitFor();
  await alert.getByText("+3").waitFor();
  await page.getByRole("status").getByText("The reconciliation do not balance").waitFor();
});

browserTest("a service that does not answer blanks nothing, and is found again", async () => {
  let isAway = false;
  await using dashboard = await openDashboard(room, {
    fetch: (app) => (request, info) =>
      isAway ? new Response("gone", { status: 502 }) : app.app.fetch(request, info),
  });
  const page = await dashboard.open();
  await page.getByText("All is well").waitFor();
  isAway = true;
  await page.getByText(/Sluice does not answer since \d\d:\d\d:\d\d; trying again/).waitFor();
  assertEquals(await tile(page, "Accepted").count(), 1);
  isAway = false;
  await page.getByText("All is well").waitFor();
});

browserTest(
  "a page that nobody sees asks nothing, and asks at once when it is seen again",
  async () => {
    await using dashboard = await openDashboard(room);
    await dashboard.context.clock.install();
    const page = await dashboard.open();
    await page.getByText("All is well").waitFor();
    let asked = 0;
    page.on("request", () => asked++);
    const setHidden = (isHidden: boolean) =>
      page.evaluate((hidden) => {
        Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
      }, isHidden);
    await setHidden(true);
    await page.clock.runFor(2_000); // what was asked before may still be answered
    asked = 0;
    await page.clock.runFor(60_000);
    assertEquals(asked, 0);
    await setHidden(false);
    await until(() => asked > 0, "a question");
  },
);
