/**
 * `track`: `track`, one event a request, durable before the answer.
 *
 * What is measured is the way of a request. The Postgres of this part is away, so that the flush,
 * which on the limit's side has no counterpart, takes nothing of the two sides' equal share of the
 * machine; events stay in the buffer, where they are counted after the service was killed. What the
 * service does with everything running at once is `pipeline`.
 */

import { assertDurable } from "../buffer.ts";
import { byTurns, figureOf } from "../figure.ts";
import {
  kvPathOf,
  NO_POSTGRES,
  scriptOf,
  startServer,
  startService,
  UNBOUNDED,
} from "../servers.ts";
import type { Figure, Suite } from "../types.ts";

/** The part. */
export const trackPart = {
  name: "track",
  title: "track",
  async run(suite: Suite): Promise<Figure[]> {
    const { limit, service } = await measureTrack(suite);
    return [figureOf({
      part: "track",
      name: "track, 64 connections",
      unit: "requests/s",
      values: service,
      limit: { name: "stock tRPC adapter behind Hono, empty mutation", values: limit },
      reach: { atLeast: 1.5 },
    })];
  },
};

/** Requests a second, of the limit and of the service. */
export async function measureTrack(suite: Suite): Promise<{ limit: number[]; service: number[] }> {
  const { scale, load, progress } = suite;
  const folder = await suite.newFolder();
  await using stock = await startServer(scriptOf("stock_trpc"));
  await using sluice = await startService(folder, NO_POSTGRES, UNBOUNDED);
  let accepted = 0;
  const measure = async (port: number, seconds: number) => {
    const result = await load.make({ port, route: "track", seconds });
    if (port === sluice.port) accepted += result.accepted;
    return result.requests / result.seconds;
  };
  progress("warming up");
  await measure(stock.port, scale.warmUpSeconds);
  await measure(sluice.port, scale.warmUpSeconds);
  const rates = await byTurns(scale.repeats, {
    limit: async () => {
      const rate = await measure(stock.port, scale.seconds);
      progress(`limit ${Math.round(rate)} requests/s`);
      return rate;
    },
    service: async () => {
      const rate = await measure(sluice.port, scale.seconds);
      progress(`track ${Math.round(rate)} requests/s`);
      return rate;
    },
  });
  await sluice.end();
  await assertDurable(kvPathOf(folder), accepted);
  return rates;
}
