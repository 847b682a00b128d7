/** A real Chromium, and a site of another origin than the service. */

import {
  type Browser as Chromium,
  type BrowserContext,
  chromium,
  type Page,
} from "playwright-core";
import { assertEquals } from "./assert.ts";

/** Where Chromium is. */
export const CHROMIUM = Deno.env.get("CHROMIUM_PATH") ?? "/usr/bin/chromium";
/** On a machine as busy as CI's, a start takes longer than the driver's default of 30 s allows. */
const LAUNCH_TIMEOUT_MS = 120_000;

/** Chromium: one that dies fails the test that it dies in, and the next test gets a new one. */
export type Browser = Pick<Chromium, "newContext" | "newPage" | "close">;

/** Starts Chromium. Call it at the top of a file and close it in `afterAll`. */
export async function openBrowser(
  launch: () => Promise<Chromium> = launchChromium,
): Promise<Browser> {
  let current = await launch();
  let isClosed = false;
  const alive = async () => {
    if (!current.isConnected() && !isClosed) current = await launch();
    return current;
  };
  /** It may also die while it opens a page, which is the first that a test does. */
  async function retry<T>(open: (browser: Chromium) => Promise<T>): Promise<T> {
    const browser = await alive();
    try {
      return await open(browser);
    } catch (error) {
      if (browser.isConnected() || isClosed) throw error;
      return await open(await alive());
    }
  }
  return {
    newContext: (options) => retry((browser) => browser.newContext(options)),
    newPage: (options) => retry((browser) => browser.newPage(options)),
    close: async (options) => {
      isClosed = true;
      await current.close(options);
    },
  };
}

async function launchChromium(): Promise<Chromium> {
  try {
    await Deno.stat(CHROMIUM);
  } catch {
    throw new Error(`No ${CHROMIUM}: apt-get install chromium, or set CHROMIUM_PATH`);
  }
  return await chromium.launch({
    executablePath: CHROMIUM,
    timeout: LAUNCH_TIMEOUT_MS,
    // Shared memory is scarce in containers, and a browser without it crashes.
    args: ["--no-sandbox", "--disable-dev-shm-usage"],
    // The driver disables it, but a visitor's browser has it.
    ignoreDefaultArgs: ["--disable-back-forward-cache"],
  });
}

/**
 * Registers a test that uses the browser. Its sanitizers are off, as the driver's pipes and timers outlive
 * a test.
 */
export function browserTest(name: string, work: () => Promise<void>): void {
  Deno.test({ name, sanitizeOps: false, sanitizeResources: false, fn: work });
}

/** Collects uncaught errors of pages. */
export class PageErrors {
  readonly #errors: string[] = [];

  /** Listens to every page of a context, including later ones. */
  constructor(context: BrowserContext) {
    context.on("weberror", (error) => this.#errors.push(String(error.error())));
  }

  assertNone(): void {
    assertEquals(this.#errors, []);
  }
}

/** A site on its own port. */
export interface Site extends AsyncDisposable {
  /** Without a slash at the end. */
  readonly url: string;
}

/** Serves pages by path. */
export function openSite(pages: Readonly<Record<string, string>>): Site {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const { pathname } = new URL(request.url);
    const text = pages[pathname];
    const type = pathname.endsWith(".js") ? "text/javascript" : "text/html";
    const headers = { "content-type": `${type}; charset=utf-8` };
    return text === undefined ? new Response("", { status: 404 }) : new Response(text, { headers });
  });
  return {
    url: `http://localhost:${server.addr.port}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

export type { BrowserContext, Page };
