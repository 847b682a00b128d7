/** `batch`: `trackBatch` of 50, durable before the answer. Postgres is away, as in `track`. */

import { assertDurable } from "../buffer.ts";
import { byTurns, figureOf } from "../figure.ts";
import type { BareKvQuestion } from "../limits/bare_kv.ts";
import { EVENTS_A_REQUEST } from "../load/requests.ts";
import { Peer } from "../peer.ts";
import { kvPathOf, NO_POSTGRES, scriptOf, startService, UNBOUNDED } from "../servers.ts";
import type { Figure, Suite } from "../types.ts";

/** The part. */
export const batchPart = {
  name: "batch",
  title: "trackBatch",
  async run(suite: Suite): Promise<Figure[]> {
    const { limit: values, service, keyed } = await measureBatch(suite);
    const limit = { name: "bare kv.atomic() loop: segment, dedupe keys", values };
    return [
      figureOf({
        part: "batch",
        name: "trackBatch of 50, 8 connections",
        unit: "events/s",
        values: service,
        limit,
        reach: { atLeast: 0.7 },
      }),
      figureOf({
        part: "batch",
        name: "the same with an idempotency key an event",
        unit: "events/s",
        values: keyed,
        limit,
        reach: { atLeast: 0.7 },
      }),
    ];
  },
};

/** Events a second, of the limit and of the service, without idempotency keys and with them. */
export async function measureBatch(
  suite: Suite,
): Promise<{ limit: number[]; service: number[]; keyed: number[] }> {
  const { scale, load, progress } = suite;
  const folder = await suite.newFolder();
  const bareFolder = await suite.newFolder();
  await using bare = new Peer<BareKvQuestion, number>(scriptOf("bare_kv"));
  await using sluice = await startService(folder, NO_POSTGRES, UNBOUNDED);
  let accepted = 0;
  const route = "trackBatch";
  const measure = async (seconds: number, keyed: boolean) => {
    const result = await load.make({ port: sluice.port, route, seconds, keyed });
    accepted += result.accepted;
    return result.requests * EVENTS_A_REQUEST[route] / result.seconds;
  };
  const measureLimit = (seconds: number) => bare.ask({ path: kvPathOf(bareFolder), seconds });
  progress("warming up");
  await measureLimit(scale.warmUpSeconds / 2);
  await measure(scale.warmUpSeconds, false);
  const rates = await byTurns(scale.repeats, {
    limit: async () => {
      const rate = await measureLimit(scale.seconds);
      progress(`limit ${Math.round(rate)} events/s`);
      return rate;
    },
    service: async () => {
      const rate = await measure(scale.seconds, false);
      progress(`trackBatch ${Math.round(rate)} events/s`);
      return rate;
    },
    keyed: async () => {
      const rate = await measure(scale.seconds, true);
      progress(`trackBatch, keyed ${Math.round(rate)} events/s`);
      return rate;
    },
  });
  await sluice.end();
  await assertDurable(kvPathOf(folder), accepted);
  return rates;
}
