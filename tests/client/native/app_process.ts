/**
 * An app that tracks numbered events until it is killed, and prints the number of each that is saved.
 *
 * Arguments: the module of the SDK, the service's URL, the folder of its storage, the run, the first
 * number; without a number it sends what is in the storage and ends.
 */

import process from "node:process";
import type * as sdk from "../../../src/client/native.ts";
import { until } from "../../support/until.ts";
import { openFileStorage } from "./file_async_storage.ts";

const [module = "", url = "", folder = "", run = "", first] = process.argv.slice(2);
const { createAnalytics, asyncStorage } = await import(module) as typeof sdk;
const storage = openFileStorage(folder);
const analytics = createAnalytics({
  url,
  store: asyncStorage(storage),
  batchSize: 10,
  flushIntervalMs: 5,
  maxQueued: 100_000,
});

async function hasEvents(): Promise<boolean> {
  return (await storage.getAllKeys()).some((key) => key.startsWith(`sluice.${url}`));
}

if (first === undefined) {
  await until(async () => {
    await analytics.flush();
    return !await hasEvents();
  }, "an empty storage");
  const { rejected, dropped } = analytics.getState();
  process.stdout.write(`${JSON.stringify({ rejected, dropped })}\n`);
  await analytics.shutdown();
} else {
  for (let n = Number(first);; n++) {
    analytics.track("job_completed", { run, n });
    if (n % 3 === 0) continue; // tracked, but not waited for: it may be lost, not doubled
    if (await analytics.saved()) process.stdout.write(`${n}\n`);
  }
}
