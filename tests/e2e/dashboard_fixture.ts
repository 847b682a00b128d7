/** The dashboard in Chromium against the real service: what its tests have in common. */

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

/** What the tests of a file share. */
export interface Room {
  readonly postgres: TestPostgres;
  readonly browser: Browser;
}

/** Starts Chromium and Postgres for a file; closes them after its tests. */
export async function openRoom(): Promise<Room> {
  const [postgres, browser] = await Promise.all([openTestPostgres(), openBrowser()]);
  Deno.test.afterAll(async () => {
    await browser.close();
    await postgres[Symbol.asyncDispose]();
  });
  return { postgres, browser };
}

/** A service and a browser whose cookie is an admin's. */
export interface Dashboard extends AsyncDisposable {
  readonly app: TestApp;
  /** Where the browser finds the service. */
  readonly url: string;
  readonly context: BrowserContext;
  /** Opens the dashboard at a hash. */
  open(hash?: string): Promise<Page>;
  /** Tracks an event; throws where it is not taken. */
  track(event: Readonly<Record<string, unknown>>): Promise<void>;
}

/** How a dashboard differs from the usual one. */
export interface DashboardOptions {
  readonly environment?: Record<string, string>;
  readonly database?: Database;
  /** Whose cookie the browser has; `null` for none. @default "ADMIN" */
  readonly role?: string | null;
  readonly look?: Parameters<Browser["newContext"]>[0];
  /** Stands before the service. */
  readonly fetch?: (app: TestApp) => TestApp["app"]["fetch"];
  /** The port that the browser uses, where it is not the service's. */
  readonly port?: (port: number) => number;
}

/** Sets one up. */
export async function openDashboard(
  { postgres, browser }: Room,
  { environment = {}, database = postgres.database, role = "ADMIN", ...rest }: DashboardOptions =
    {},
): Promise<Dashboard> {
  const { look = {}, fetch = (app) => app.app.fetch, port = (same) => same } = rest;
  await using opened = new AsyncDisposableStack();
  const app = opened.use(await openTestApp(database, { environment }));
  const server = opened.use(serve({ fetch: fetch(app) }));
  const url = `http://localhost:${port(Number(new URL(server.url).port))}`;
  const context = await browser.newContext(look);
  opened.defer(() => context.close());
  if (role !== null) {
    await context.addCookies([{ name: "session", value: await app.token(role), url }]);
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

/** A tile of the view "Now". */
export function tile(page: Page, name: string) {
  return page.locator(".tile").filter({ has: page.getByRole("heading", { name, exact: true }) });
}
