/** The SDK in Chromium against the real service: what its tests have in common. */

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

/** A service, a site that uses its SDK, and a visitor's browser. */
export interface Fixture extends AsyncDisposable {
  readonly app: TestApp;
  readonly service: string;
  readonly site: string;
  readonly context: BrowserContext;
  /** Opens a page whose `analytics` is ready. */
  visit(path?: string): Promise<Page>;
  /** What of these types is stored, once it is as many as expected; and that it stays so. */
  stored(eventType: string, expected: number): Promise<readonly StoredEvent[]>;
}

/** A row, as far as tests ask. */
export interface StoredEvent {
  readonly event_type: string;
  readonly session_id: string | null;
  readonly user_id: string | null;
  readonly occurred_at: Date;
  readonly props: Readonly<Record<string, unknown>>;
  readonly attribution: Readonly<Record<string, unknown>> | null;
}

/** How a fixture differs from the usual one. */
export interface FixtureOptions {
  readonly environment?: Record<string, string>;
  /** Whether the service lets the site's pages send the user's cookie (`CORS_ORIGINS`). */
  readonly trusted?: boolean;
  readonly options?: Partial<AnalyticsOptions>;
  /** Pages beside the usual ones, by path, made with the service's URL. */
  readonly pages?: (service: string) => Readonly<Record<string, string>>;
}

/** Sets one up. */
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
  const given = JSON.stringify({ url: service, flushIntervalMs: 200, ...options });
  const page = `<!doctype html><title>A page</title><link rel="icon" href="data:,">
    <p style="height: 3000px">Text</p>
    <script src="${service}/analytics.js"></script>
    <script>
      window.rejected = [];
      window.analytics = sluice.createAnalytics({ ...${given}, onRejected: (r) => rejected.push(r) });
    </script>`;
  Object.assign(html, { "/": page, "/other": page, ...pages(service) });
  const context = await browser.newContext();
  opened.defer(() => context.close());
  const errors = new PageErrors(context);
  const parts = opened.move();
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
      async function look(): Promise<StoredEvent[]> {
        await forceFlush(app);
        return await postgres.database.run(async (sql) => [
          ...await sql<StoredEvent[]>`
            select event_type, session_id, user_id, occurred_at, props, attribution
            from events where event_type = ${eventType} order by occurred_at, id
          `,
        ]);
      }
      await until(async () => (await look()).length >= expected, `${expected} of ${eventType}`);
      return await look();
    },
    async [Symbol.asyncDispose]() {
      await parts[Symbol.asyncDispose]();
      errors.assertNone();
    },
  };
}

/** What a page of the fixture has. */
export interface InPage {
  readonly analytics: import("../../src/client/types.ts").Analytics;
  readonly rejected: readonly { readonly event: QueuedEvent; readonly status: number }[];
}

/** Tracks from within a page, so many events of a type as there are props. */
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
