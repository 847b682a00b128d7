/**
 * `latency`: the 99th percentile of `track` at half of the rate that part `track` measures, against the
 * empty stock adapter at the same rate.
 */

import { openBufferingService } from "../buffering_service.ts";
import { interleave, toFigure } from "../figure.ts";
import { scriptOf, startServer } from "../servers.ts";
import { toSpread } from "../statistics.ts";
import type { Figure, Suite } from "../types.ts";
import { measureTrack } from "./track.ts";

const route = "track";
/** A 99th percentile takes more requests than a rate. */
const LONGER = 2;

/** Part `latency`. */
export const latencyPart = {
  name: "latency",
  title: "p99 of track at half of its maximum rate",
  async run(suite: Suite): Promise<Figure[]> {
    const { scale, load, progress } = suite;
    const shorter = { ...suite, scale: { ...scale, repeats: Math.min(2, scale.repeats) } };
    const busy = await measureTrack(shorter, ["none"]);
    const rate = Math.round(toSpread(busy.rates.flat()).median / 2);
    await using stock = await startServer(scriptOf("stock_trpc"));
    await using sluice = await openBufferingService(suite);
    const measureLimit = async (seconds: number) =>
      (await load.run({ port: stock.port, route, seconds, rate })).p99Ms;
    const measure = async (seconds: number) => (await sluice.run({ route, seconds, rate })).p99Ms;
    progress(`warming up at ${rate} requests/s`);
    await measureLimit(scale.warmUpSeconds);
    await measure(scale.warmUpSeconds);
    const seconds = scale.seconds * LONGER;
    const [limit, service] = await interleave(suite, "ms", [
      { name: "p99 of the stock adapter", measure: () => measureLimit(seconds) },
      { name: "p99 of track", measure: () => measure(seconds) },
    ]);
    await sluice.check();
    return [toFigure({
      part: "latency",
      name: `p99 of track at ${rate.toLocaleString("en")} requests/s, no keys`,
      unit: "ms",
      values: service,
      limit: { name: "stock tRPC adapter, empty, at the same rate", values: limit },
      target: { atMost: 3 },
    })];
  },
};
