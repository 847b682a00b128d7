/** A fixture for tests of the SDK in Chromium against the real service. */

import type { AnalyticsOptions, QueuedEvent } from "../../src/client/types.ts";
import { openTestApp, type TestApp } from "../support/app.ts";
import {
  type Browser,
  type BrowserContext,
  openSite,
  type Page,
  PageErrors,
} from "../support/browser.ts";
import type { TestPostgres } from "../support/postgres.ts";
import { forceFlush, serve } from "../support/server.ts";
import { until } from "../support/until.ts";

/** A service, a site that uses the SDK, and a visitor's browser. */
export interface Fixture extends AsyncDisposable {
  readonly app: TestApp;
  readonly service: string;
  readonly site: string;
  readonly context: BrowserContext;
  /** Opens a page of the site; it has the globals of `InPage`. */
  visit(path?: string): Promise<Page>;
  /** Waits until this many events of a type are stored, and reads them once more. */
  stored(eventType: string, expected: number): Promise<readonly StoredEvent[]>;
}

/** The columns of a row that tests look at. */
export interface StoredEvent {
  readonly event_type: string;
  readonly session_id: string | null;
  readonly user_id: string | null;
  readonly occurred_at: Date;
  readonly props: Readonly<Record<string, unknown>>;
  readonly attribution: Readonly<Record<string, unknown>> | null;
}

/** Options of `openFixture`. */
export interface FixtureOptions {
  readonly environment?: Record<string, string>;
  /** Whether `CORS_ORIGINS` lists the site, so that its pages may send the user's cookie. */
  readonly trusted?: boolean;
  readonly options?: Partial<AnalyticsOptions>;
  /** Additional pages by path, given the service's URL. */
  readonly pages?: (service: string) => Readonly<Record<string, string>>;
}

/** Starts a service and a site, and opens a browser context. */
export async function openFixture(
  browser: Browser,
  postgres: TestPostgres,
  { environment = {}, trusted = false, options = {}, pages = () => ({}) }: FixtureOptions = {},
): Promise<Fixture> {
  await using opened = new AsyncDisposableStack();
  const html: Record<string, string> = {};
  const site = opened.use(openSite(html));
  const origins = trusted ? { CORS_ORIGINS: site.url } : {};
  const app = opened.use(
    await openTestApp(postgres.database, { environment: { ...origins, ...environment } }),
  );
  const server = opened.use(serve(app.app));
  const service = server.url.replace("127.0.0.1", "localhost");
  const settings = JSON.stringify({ url: service, flushIntervalMs: 200, ...options });
  const page = `<!doctype html><title>A page</title><link rel="icon" href="data:,">
    <p style="height: 3000px">Text</p>
    <script src="${service}/analytics.js"></script>
    <script>
      window.rejected = [];
      window.analytics = sluice.createAnalytics({ ...${settings}, onRejected: (r) => rejected.push(r) });
    </script>`;
  Object.assign(html, { "/": page, "/other": page, ...pages(service) });
  const context = await browser.newContext();
  opened.defer(() => context.close());
  const errors = new PageErrors(context);
  const resources = opened.move();
  return {
    app,
    service,
    site: site.url,
    context,
    async visit(path = "/") {
      const page = await context.newPage();
      await page.goto(site.url + path);
      return page;
    },
    async stored(eventType, expected) {
      async function readRows(): Promise<StoredEvent[]> {
        await forceFlush(app);
        return await postgres.database.run(async (sql) => [
          ...await sql<StoredEvent[]>`
            select event_type, session_id, user_id, occurred_at, props, attribution
            from events where event_type = ${eventType} order by occurred_at, id
          `,
        ]);
      }
      await until(async () => (await readRows()).length >= expected, `${expected} of ${eventType}`);
      return await readRows();
    },
    async [Symbol.asyncDispose]() {
      await resources[Symbol.asyncDispose]();
      errors.assertNone();
    },
  };
}

/** The globals of a page. */
export interface InPage {
  readonly analytics: import("../../src/client/types.ts").Analytics;
  readonly rejected: readonly { readonly event: QueuedEvent; readonly status: number }[];
}

/** Tracks in a page one event for each of the given props. */
export async function track(
  page: Pick<Page, "evaluate">,
  eventType: string,
  ...all: object[]
): Promise<void> {
  await page.evaluate(([type, props]) => {
    const { analytics } = globalThis as unknown as { analytics: InPage["analytics"] };
    for (const some of props) analytics.track(type, some);
  }, [eventType, all] as const);
}
