/**
 * `track`: one event per request, durable before the response.
 *
 * This measures the request path alone. Postgres is unavailable, as the limit has nothing like a flush and
 * the two should share the machine equally. Events stay in the buffer and are counted after the service has
 * been killed. Part `pipeline` measures everything running at once.
 */

import { assertDurable } from "../buffer.ts";
import { interleave, toFigure } from "../figure.ts";
import {
  kvPathOf,
  NO_POSTGRES,
  scriptOf,
  startServer,
  startService,
  UNBOUNDED,
} from "../servers.ts";
import type { Figure, Suite } from "../types.ts";

/** Part `track`. */
export const trackPart = {
  name: "track",
  title: "track, one event per request",
  async run(suite: Suite): Promise<Figure[]> {
    const { limit, service } = await measureTrack(suite);
    return [toFigure({
      part: "track",
      name: "track, 64 connections",
      unit: "requests/s",
      values: service,
      limit: { name: "stock tRPC adapter behind Hono, empty mutation", values: limit },
      target: { atLeast: 1.5 },
    })];
  },
};

/** Measures requests per second of the limit and of the service. */
export async function measureTrack(suite: Suite): Promise<{ limit: number[]; service: number[] }> {
  const { scale, load, progress } = suite;
  const folder = await suite.newFolder();
  await using stock = await startServer(scriptOf("stock_trpc"));
  await using sluice = await startService(folder, NO_POSTGRES, UNBOUNDED);
  let accepted = 0;
  const measure = async (port: number, seconds: number) => {
    const result = await load.run({ port, route: "track", seconds });
    if (port === sluice.port) accepted += result.accepted;
    return result.requests / result.seconds;
  };
  progress("warming up");
  await measure(stock.port, scale.warmUpSeconds);
  await measure(sluice.port, scale.warmUpSeconds);
  const rates = await interleave(scale.repeats, {
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
