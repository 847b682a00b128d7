/** Service workers that the browser stops. */

import type { BrowserContext, Page } from "../support/browser.ts";
import { until } from "../support/until.ts";

/** Stops all service workers, as Chromium does after 30 s without work. */
export async function stopServiceWorkers(context: BrowserContext, page: Page): Promise<void> {
  const devtools = await context.newCDPSession(page);
  const statuses: string[] = [];
  devtools.on("ServiceWorker.workerVersionUpdated", ({ versions }) => {
    for (const { runningStatus } of versions) statuses.push(runningStatus);
  });
  await devtools.send("ServiceWorker.enable");
  await devtools.send("ServiceWorker.stopAllWorkers");
  await until(() => statuses.at(-1) === "stopped", "a stopped worker");
}
