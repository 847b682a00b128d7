/** The dashboard in Chromium against a real service. */

import { openTestApp, type TestApp } from "../support/app.ts";
import {
  type Browser,
  type BrowserContext,
  openBrowser,
  type Page,
  PageErrors,
} from "../support/browser.ts";
import { openTestPostgres, type TestPostgres } from "../support/postgres.ts";
import { serve } from "../support/server.ts";
import type { Database } from "../../src/store/database.ts";
import { SIGN_IN_COOKIE } from "../../src/auth/cookies.ts";

/** What all tests of a file share. */
export interface Fixture {
  readonly postgres: TestPostgres;
  readonly browser: Browser;
}

/** Starts Chromium and Postgres; closes them after the last test of the file. */
export async function openFixture(): Promise<Fixture> {
  const [postgres, browser] = await Promise.all([openTestPostgres(), openBrowser()]);
  Deno.test.afterAll(async () => {
    await browser.close();
    await postgres[Symbol.asyncDispose]();
  });
  return { postgres, browser };
}

/** A running service and a browser context that is signed in to it. */
export interface Dashboard extends AsyncDisposable {
  readonly app: TestApp;
  /** Origin of the service as the browser sees it. */
  readonly url: string;
  readonly context: BrowserContext;
  /** Opens the dashboard in a new page, at a URL hash. */
  open(hash?: string): Promise<Page>;
  /** Tracks an event; throws unless it is accepted. */
  track(event: Readonly<Record<string, unknown>>): Promise<void>;
}

/** Options of `openDashboard`. */
export interface DashboardOptions {
  readonly environment?: Record<string, string>;
  readonly database?: Database;
  /** Role in the browser's cookie; `null` for no cookie. @default "ADMIN" */
  readonly role?: string | null;
  readonly context?: Parameters<Browser["newContext"]>[0];
  /** Wraps the service's request handler. */
  readonly fetch?: (app: TestApp) => TestApp["app"]["fetch"];
  /** Maps the service's port to the one that the browser uses, such as a proxy's. */
  readonly port?: (port: number) => number;
}

/** Starts a service and signs a browser in; on disposal, fails if a page had errors. */
export async function openDashboard(
  { postgres, browser }: Fixture,
  { environment = {}, database = postgres.database, role = "ADMIN", ...rest }: DashboardOptions =
    {},
): Promise<Dashboard> {
  const { context: contextOptions = {}, fetch = (app) => app.app.fetch, port = (own) => own } =
    rest;
  await using opened = new AsyncDisposableStack();
  // A KV that is new to a Postgres with rows would be reported as a problem (contract 11.10).
  await postgres.database.run((sql) => sql`truncate kv_stores, event_counts`);
  const app = opened.use(await openTestApp(database, { environment }));
  const server = opened.use(serve({ fetch: fetch(app) }));
  const url = `http://localhost:${port(Number(new URL(server.url).port))}`;
  const context = await browser.newContext(contextOptions);
  opened.defer(() => context.close());
  if (role !== null) {
    await context.addCookies([{ name: SIGN_IN_COOKIE, value: await app.token(role), url }]);
  }
  const errors = new PageErrors(context);
  const parts = opened.move();
  return {
    app,
    url,
    context,
    async open(hash = "") {
      const page = await context.newPage();
      await page.goto(`${url}/admin${hash}`);
      return page;
    },
    async track(event) {
      const response = await app.post("/v1/events", event);
      if (!response.ok) throw new Error(await response.text());
      await response.body?.cancel();
    },
    async [Symbol.asyncDispose]() {
      await parts[Symbol.asyncDispose]();
      errors.assertNone();
    },
  };
}

/** Locates a tile of the "Now" view by its heading. */
export function tile(page: Page, name: string) {
  return page.locator(".tile").filter({ has: page.getByRole("heading", { name, exact: true }) });
}
