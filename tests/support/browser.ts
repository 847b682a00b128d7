/** A real Chromium, and a site of another origin than the service. */

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

export type { Browser, BrowserContext, Page };
