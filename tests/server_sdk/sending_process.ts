/**
 * A process that tracks numbered events as fast as their promises resolve, and prints the number of each
 * that did. Node runs it bundled.
 *
 * Arguments: the SDK's module, the service's URL, the spool, the run, the first number; without a number
 * it sends what is in the spool and ends.
 */

import process from "node:process";
import type { createSluice } from "../../src/server_sdk/mod.ts";

const WORKERS = 8;

const [module = "", url = "", spool = "", run = "", first] = process.argv.slice(2);
const sdk = await import(module) as { createSluice: typeof createSluice };
const sluice = sdk.createSluice({
  url,
  spool,
  flushIntervalMs: 5,
  onError: ({ code, message }) => {
    // The service is restarted now and then.
    if (code !== "unavailable") process.stderr.write(`${message}\n`);
  },
});

if (first === undefined) {
  while ((await sluice.flush(1_000)).queued > 0);
  const { rejected, dropped } = await sluice.shutdown();
  process.stdout.write(`${JSON.stringify({ rejected, dropped })}\n`);
} else {
  let next = Number(first);
  await Promise.all(Array.from({ length: WORKERS }, async () => {
    for (;;) {
      const n = next++;
      const props = { run, n, text: "x".repeat(n % 8 === 0 ? 20_000 : 100) };
      const { durable } = await sluice.track({ eventType: "job_completed", props });
      if (durable === "spool") process.stdout.write(`${n}\n`);
    }
  }));
}
