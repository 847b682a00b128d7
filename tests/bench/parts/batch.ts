/** `batch`: `trackBatch` of 50 events. Postgres is unavailable, as in `track`. */

import { assertDurable } from "../buffer.ts";
import { interleave, toFigure } from "../figure.ts";
import type { BareKvRequest } from "../limits/bare_kv.ts";
import { EVENTS_PER_REQUEST } from "../load/requests.ts";
import { Peer } from "../peer.ts";
import { kvPathOf, NO_POSTGRES, scriptOf, startService, UNBOUNDED } from "../servers.ts";
import type { Figure, Suite } from "../types.ts";

/** Part `batch`. */
export const batchPart = {
  name: "batch",
  title: "trackBatch of 50, durable before the response",
  async run(suite: Suite): Promise<Figure[]> {
    const { limit: values, service, keyed } = await measureBatch(suite);
    const limit = { name: "bare kv.atomic() loop: segment, dedup keys", values };
    return [
      toFigure({
        part: "batch",
        name: "trackBatch of 50, 8 connections",
        unit: "events/s",
        values: service,
        limit,
        target: { atLeast: 0.7 },
      }),
      toFigure({
        part: "batch",
        name: "the same with an idempotency key per event",
        unit: "events/s",
        values: keyed,
        limit,
        target: { atLeast: 0.7 },
      }),
    ];
  },
};

/** Measures events per second of the limit, of the service, and of the service with idempotency keys. */
export async function measureBatch(
  suite: Suite,
): Promise<{ limit: number[]; service: number[]; keyed: number[] }> {
  const { scale, load, progress } = suite;
  const folder = await suite.newFolder();
  const bareFolder = await suite.newFolder();
  await using bare = new Peer<BareKvRequest, number>(scriptOf("bare_kv"));
  await using sluice = await startService(folder, NO_POSTGRES, UNBOUNDED);
  let accepted = 0;
  const route = "trackBatch";
  const measure = async (seconds: number, keyed: boolean) => {
    const result = await load.run({ port: sluice.port, route, seconds, keyed });
    accepted += result.accepted;
    return result.requests * EVENTS_PER_REQUEST[route] / result.seconds;
  };
  const measureLimit = (seconds: number) => bare.request({ path: kvPathOf(bareFolder), seconds });
  progress("warming up");
  await measureLimit(scale.warmUpSeconds / 2);
  await measure(scale.warmUpSeconds, false);
  const rates = await interleave(scale.repeats, {
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
      progress(`trackBatch with keys ${Math.round(rate)} events/s`);
      return rate;
    },
  });
  await sluice.end();
  await assertDurable(kvPathOf(folder), accepted);
  return rates;
}
