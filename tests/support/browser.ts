/** A real Chromium, and a site of another origin than the service for it to visit. */

import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { assertEquals } from "./assert.ts";

const CHROMIUM = Deno.env.get("CHROMIUM_PATH") ?? "/usr/bin/chromium";

/** Starts Chromium. Call it at the top of a file and close it in `afterAll`. */
export async function openBrowser(): Promise<Browser> {
  try {
    await Deno.stat(CHROMIUM);
  } catch {
    throw new Error(`No ${CHROMIUM}: apt-get install chromium, or set CHROMIUM_PATH`);
  }
  return await chromium.launch({
    executablePath: CHROMIUM,
    // Shared memory is scarce in containers, and a browser without it crashes.
    args: ["--no-sandbox", "--disable-dev-shm-usage"],
    // The driver would rather have none; a visitor's browser has one.
    ignoreDefaultArgs: ["--disable-back-forward-cache"],
  });
}

/**
 * A test in the browser. The sanitizers are off for it: the driver's pipes and timers are its own, and
 * outlive a test.
 */
export function browserTest(name: string, work: () => Promise<void>): void {
  Deno.test({ name, sanitizeOps: false, sanitizeResources: false, fn: work });
}

/** What went wrong in pages without their asking; a test ends by finding it empty. */
export class PageErrors {
  readonly #errors: string[] = [];

  /** Listens to every page of a context, those to come included. */
  constructor(context: BrowserContext) {
    context.on("weberror", (error) => this.#errors.push(String(error.error())));
  }

  assertNone(): void {
    assertEquals(this.#errors, []);
  }
}

/** A site on a port of its own. */
export interface Site extends AsyncDisposable {
  /** Without a slash at the end. */
  readonly url: string;
}

/** Serves pages by their paths. */
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

export type { Browser, BrowserContext, Page };
