import { assertEquals, assertGreaterOrEqual, assertLess } from "../support/assert.ts";
import { openTestApp } from "../support/app.ts";
import { browserTest } from "../support/browser.ts";
import { openLoneChromium } from "../support/lone_chromium.ts";
import { openTestPostgres } from "../support/postgres.ts";
import { forceFlush, serve } from "../support/server.ts";
import { until } from "../support/until.ts";

const postgres = await openTestPostgres();
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

const HEAD = '<!doctype html><link rel="icon" href="data:,"><title>A page</title>';

/** What a page reports about itself. */
interface Report {
  readonly step: string;
  readonly prerendering: boolean;
  readonly session: string | null;
  /** Whether the article was read before the page was shown. */
  readonly readInAdvance: boolean | null;
  readonly stored: readonly string[];
}

/** A site whose first page has its second one rendered in advance, and may then go there. */
async function openSite() {
  await using opened = new AsyncDisposableStack();
  const reports: Report[] = [];
  const app = opened.use(await openTestApp(postgres.database));
  const service = opened.use(serve(app.app));
  const { promise: going, resolve: go } = Promise.withResolvers<void>();
  const report = `async function report(step) {
    const databases = (await indexedDB.databases()).map(({ name }) => name);
    const stored = [...Object.keys(localStorage), ...databases];
    const session = window.sluice?.analytics?.getSessionId() ?? null;
    const { prerendering } = document;
    const { readInAdvance = null } = window;
    await fetch("/report", {
      method: "POST",
      keepalive: true,
      body: JSON.stringify({ step, prerendering, session, stored, readInAdvance }),
    });
  }`;
  const first = `${HEAD}<script type="speculationrules">
      { "prerender": [{ "source": "list", "urls": ["/next?utm_source=ad"], "eagerness": "immediate" }] }
    </script>
    <script>${report}
      fetch("/go").then(async () => {
        await report("first");
        location.href = "/next?utm_source=ad";
      });
    </script>`;
  // The clock jumps as the page is shown: times of before are a minute too early.
  const jump = `<script>addEventListener("prerenderingchange", () => {
      const now = Date.now;
      Date.now = () => now() + 60_000;
    }, true);</script>`;
  const next = `${HEAD}${jump}<script src="${service.url}/analytics.js" data-auto></script>
    <script>${report}
      history.replaceState({}, "", "/shown"); // the app's router takes the tags off
      const mutable = { n: 1 };
      sluice.analytics.track("tracked in advance", mutable);
      mutable.n = 2;
      sluice.analytics.identify("x.e30.y");
      sluice.trackBounce(sluice.analytics, { withinMs: 60_000 });
      const track = () => window.readInAdvance = document.prerendering;
      sluice.trackReadComplete({ track }, document.documentElement, { minMs: 100 });
      const sent = sluice.analytics.flush();
      // After whatever the SDK does as the page loads, and the time of an article.
      onload = () => setTimeout(() => report("loaded"), 200);
      document.addEventListener("prerenderingchange", async () => {
        await sent;
        await report("shown");
      });
    </script>`;
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/report") reports.push(await request.json());
    if (pathname === "/go") await going;
    const html = pathname === "/first" ? first : pathname === "/next" ? next : "";
    return new Response(html, { headers: { "content-type": "text/html" } });
  });
  opened.defer(() => server.shutdown());
  opened.use(await openLoneChromium(`http://localhost:${server.addr.port}/first`));
  opened.defer(go);
  const resources = opened.move();
  return {
    app,
    service,
    go,
    reported: (step: string) =>
      until(() => reports.find((report) => report.step === step), `the report “${step}”`),
    [Symbol.asyncDispose]: () => resources[Symbol.asyncDispose](),
  };
}

browserTest(
  "10.22 a page rendered in advance sends and stores nothing until it is shown",
  async () => {
    await using site = await openSite();
    const { stored: _, ...loaded } = await site.reported("loaded");
    assertEquals(loaded, {
      step: "loaded",
      prerendering: true,
      session: null,
      readInAdvance: null,
    });
    const sentInAdvance = site.service.requests.filter((request) => !request.includes(".js"));
    assertEquals(sentInAdvance, []);

    const shownAt = Date.now();
    site.go();
    assertEquals((await site.reported("first")).stored, []);
    const shown = await site.reported("shown");
    assertEquals([shown.prerendering, typeof shown.session], [false, "string"]);
    await forceFlush(site.app);
    const rows = await postgres.database.run((sql) =>
      sql<{ event_type: string; props: Record<string, unknown>; age: number; landing: string }[]>`
      select event_type, props, attribution ->> 'landingPage' as landing,
        extract(epoch from occurred_at)::float8 * 1000 - ${shownAt} as age
      from events order by id
    `
    );
    assertEquals(rows.map(({ event_type, props }) => [event_type, props.page ?? props.n]), [
      ["tracked in advance", 1],
      ["page_viewed", "/shown"],
    ]);
    for (const { age, landing } of rows) {
      assertGreaterOrEqual(age, -10_000);
      assertLess(age, 30_000);
      assertEquals(new URL(landing).search, "?utm_source=ad");
    }
  },
);
