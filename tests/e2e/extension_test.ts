/** The SDK in an extension of Manifest V3: `chrome.storage`, and a service worker that is stopped. */

import { chromium, type Page } from "playwright-core";
import { builtPackage } from "../support/built_package.ts";
import { assertEquals } from "../support/assert.ts";
import { browserTest, CHROMIUM } from "../support/browser.ts";
import { openTestApp } from "../support/app.ts";
import { openTestPostgres } from "../support/postgres.ts";
import { forceFlush, serve } from "../support/server.ts";
import { until } from "../support/until.ts";
import { stopServiceWorkers } from "./service_workers.ts";

const postgres = await openTestPostgres();
const folder = await Deno.makeTempDir({ prefix: "sluice-extension-" });
const { files } = await builtPackage("client");
Deno.test.afterAll(async () => {
  await Deno.remove(folder, { recursive: true });
  await postgres[Symbol.asyncDispose]();
});

const MANIFEST = {
  manifest_version: 3,
  name: "Extension",
  version: "1",
  permissions: ["storage"],
  background: { service_worker: "worker.js", type: "module" },
};

/** Answers the messages of its page. */
const WORKER = `
  import { chromeStorage, createAnalytics } from "./native.js";
  const store = chromeStorage(chrome.storage.local);
  const analytics = createAnalytics({ url: SERVICE, store, flushIntervalMs: 60_000 });
  async function run(command) {
    if (command === "flush") return await analytics.flush();
    const [type, numbers] = command;
    for (const n of numbers) analytics.track(type, { n });
    return await analytics.saved();
  }
  chrome.runtime.onMessage.addListener((command, _, respond) => {
    run(command).then(respond);
    return true;
  });
`;

/** Starts Chromium with the extension, and opens its page. */
async function openExtension(service: string) {
  const extension = `${folder}/extension`;
  await Deno.mkdir(extension);
  const texts = {
    "manifest.json": JSON.stringify(MANIFEST),
    "native.js": files.get("esm/native.js") ?? "",
    "worker.js": `const SERVICE = "${service}";${WORKER}`,
    "page.html": "<!doctype html><title>Extension</title>",
  };
  for (const [name, text] of Object.entries(texts)) {
    await Deno.writeTextFile(`${extension}/${name}`, text);
  }
  const context = await chromium.launchPersistentContext(`${folder}/profile`, {
    executablePath: CHROMIUM,
    timeout: 120_000,
    args: [
      "--no-sandbox",
      "--disable-dev-shm-usage",
      `--disable-extensions-except=${extension}`,
      `--load-extension=${extension}`,
    ],
    ignoreDefaultArgs: ["--disable-extensions"],
  });
  const [worker = await context.waitForEvent("serviceworker", { timeout: 60_000 })] = context
    .serviceWorkers();
  const page = await context.newPage();
  await page.goto(new URL("page.html", worker.url()).href);
  return { context, page };
}

function send(page: Page, command: unknown): Promise<unknown> {
  return page.evaluate(`chrome.runtime.sendMessage(${JSON.stringify(command)})`);
}

browserTest(
  "10.30 what an extension saved before its worker was stopped is sent by its next start",
  async () => {
    await using app = await openTestApp(postgres.database);
    await using server = serve(app.app);
    const { context, page } = await openExtension(server.url);
    try {
      const numbers = Array.from({ length: 10 }, (_, n) => n);
      assertEquals(await send(page, ["extension_tracked", numbers]), true);
      const stored = await page.evaluate("chrome.storage.local.get(null).then(Object.keys)");
      const ofEvents = (stored as string[]).filter((key) => key.startsWith("sluice.http"));
      assertEquals(ofEvents.length, 10);
      await stopServiceWorkers(context, page);
      await send(page, "flush"); // starts it again
      await until(async () => {
        return (await page.evaluate("chrome.storage.local.get(null).then(Object.keys)") as string[])
          .every((key) => !key.startsWith("sluice.http"));
      }, "an empty queue");
      await forceFlush(app);
      const rows = await postgres.database.run((sql) =>
        sql<{ n: number; source: string }[]>`
        select (props->>'n')::integer as n, source from events
        where event_type = 'extension_tracked' order by 1`
      );
      assertEquals(rows.map(({ n }) => n), numbers);
      assertEquals(rows[0]?.source, "web");
    } finally {
      await context.close();
    }
  },
);
