/** The SDK in Chromium's workers: the built package, real IndexedDB, and the service. */

import { builtPackage } from "../support/built_package.ts";
import { assertEquals } from "../support/assert.ts";
import { browserTest, openBrowser, type Page } from "../support/browser.ts";
import { openTestPostgres } from "../support/postgres.ts";
import { until } from "../support/until.ts";
import { openFixture } from "./fixture.ts";
import { stopServiceWorkers } from "./service_workers.ts";

const postgres = await openTestPostgres();
const browser = await openBrowser();
const { files } = await builtPackage("client");
Deno.test.afterAll(async () => {
  await browser.close();
  await postgres[Symbol.asyncDispose]();
});

/** Runs commands of its page: `[type, numbers]` tracks, and answers when that is saved; `flush` sends. */
const WORKER = `
  import { createAnalytics, indexedDbStore } from "./native.js";
  const settings = { url: SERVICE, store: indexedDbStore(), flushIntervalMs: 60_000 };
  const analytics = createAnalytics(settings);
  async function run(command) {
    if (command === "flush") return await analytics.flush();
    const [type, numbers] = command;
    for (const n of numbers) analytics.track(type, { n });
    return await analytics.saved();
  }
  addEventListener("connect", ({ ports: [port] }) => {
    port.onmessage = async ({ data }) => port.postMessage(await run(data));
  });
  addEventListener("message", (event) => {
    const done = run(event.data).then((result) => (event.ports[0] ?? self).postMessage(result));
    event.waitUntil?.(done);
  });
`;

/** What a page does with workers, by their names. */
const PAGE = `<!doctype html><title>A page</title><link rel="icon" href="data:,"><script>
  const workers = {};
  function start(name, kind) {
    const worker = new self[kind]("/worker.js", { type: "module" });
    workers[name] = { worker, port: worker.port ?? worker };
  }
  async function startServiceWorker() {
    await navigator.serviceWorker.register("/worker.js", { type: "module" });
    await navigator.serviceWorker.ready;
  }
  function ask(name, command) {
    return new Promise((resolve, reject) => {
      const { port, worker } = workers[name];
      worker.onerror = reject;
      port.onmessage = ({ data }) => resolve(data);
      port.postMessage(command);
    });
  }
  async function askServiceWorker(command) {
    const { active } = await navigator.serviceWorker.ready;
    const { port1, port2 } = new MessageChannel();
    return await new Promise((resolve) => {
      port1.onmessage = ({ data }) => resolve(data);
      active.postMessage(command, [port2]);
    });
  }
</script>`;

/** A service, and a site with a page that has workers. */
function openWorkers() {
  return openFixture(browser, postgres, {
    pages: (service) => ({
      "/": PAGE,
      "/native.js": files.get("esm/native.js") ?? "",
      "/mod.js": files.get("esm/mod.js") ?? "",
      "/worker.js": `const SERVICE = "${service}";${WORKER}`,
      "/page_sdk.js": `import { createAnalytics } from "./mod.js";
        const analytics = createAnalytics({ url: "${service}" });
        for (let n = 0; n < 3; n++) analytics.track("a", { n });
        postMessage("done");`,
    }),
  });
}

function call(page: Page, name: string, ...args: unknown[]): Promise<unknown> {
  return page.evaluate(`${name}(...${JSON.stringify(args)})`);
}

function uniqueType(name: string): string {
  return `e2e ${name} ${crypto.randomUUID().slice(0, 8)}`;
}

const TEN = Array.from({ length: 10 }, (_, n) => n);

browserTest(
  "10.30 what a dedicated worker saved before it was terminated is sent by the next",
  async () => {
    await using fixture = await openWorkers();
    const page = await fixture.visit();
    const type = uniqueType("dedicated");
    await call(page, "start", "first", "Worker");
    assertEquals(await call(page, "ask", "first", [type, TEN]), true);
    await page.evaluate("workers.first.worker.terminate()");
    await call(page, "start", "next", "Worker");
    await call(page, "ask", "next", "flush");
    const rows = await fixture.stored(type, 10);
    assertEquals(rows.map(({ props }) => props["n"]).toSorted(), TEN);
    assertEquals(new Set(rows.map(({ session_id }) => session_id)).size, 1);
    assertEquals(rows[0]?.session_id?.length, 36);
  },
);

browserTest("10.30 dedicated and shared workers on one store send each event once", async () => {
  await using fixture = await openWorkers();
  const page = await fixture.visit();
  const type = uniqueType("shared");
  const names = ["one", "two", "shared"];
  for (const name of names) {
    await call(page, "start", name, name === "shared" ? "SharedWorker" : "Worker");
  }
  await Promise.all(names.map((name, i) => call(page, "ask", name, [type, [i, i + 10, i + 20]])));
  await Promise.all(names.map((name) => call(page, "ask", name, "flush")));
  const rows = await fixture.stored(type, 9);
  assertEquals(rows.map(({ props }) => Number(props["n"])).toSorted((a, b) => a - b), [
    ...[0, 1, 2],
    ...[10, 11, 12],
    ...[20, 21, 22],
  ]);
});

browserTest(
  "10.30 what a service worker saved before the browser stopped it is sent by its next start",
  async () => {
    await using fixture = await openWorkers();
    const page = await fixture.visit();
    const type = uniqueType("service");
    await call(page, "startServiceWorker");
    assertEquals(await call(page, "askServiceWorker", [type, TEN]), true);
    await stopServiceWorkers(fixture.context, page);
    await call(page, "askServiceWorker", "flush"); // starts it again
    const rows = await fixture.stored(type, 10);
    assertEquals(rows.map(({ props }) => props["n"]).toSorted(), TEN);
  },
);

browserTest("10.29 the SDK of pages says in a worker, once, what to import instead", async () => {
  await using fixture = await openWorkers();
  const page = await fixture.visit();
  const lines: string[] = [];
  page.on("console", (message) => lines.push(message.text()));
  await page.evaluate(`new Promise((resolve, reject) => {
    const worker = new Worker("/page_sdk.js", { type: "module" });
    worker.onerror = reject;
    worker.onmessage = resolve;
  })`);
  await until(() => lines.length > 0, "a line in the console");
  assertEquals(lines, ["Sluice: no document, use @sluice/client/native or @sluice/server"]);
});
