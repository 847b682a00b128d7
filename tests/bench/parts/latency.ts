/**
 * `latency`: the 99th percentile of `track` at half of the rate that part `track` measures, against the
 * empty stock adapter at the same rate.
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
import { toSpread } from "../statistics.ts";
import type { Figure, Suite } from "../types.ts";
import { measureTrack } from "./track.ts";

/** A 99th percentile takes more requests than a rate. */
const LONGER = 2;

/** Part `latency`. */
export const latencyPart = {
  name: "latency",
  title: "p99 of track at half of its maximum rate",
  async run(suite: Suite): Promise<Figure[]> {
    const { scale, load, progress } = suite;
    const busy = await measureTrack({ ...suite, scale: { ...scale, repeats: 2 } });
    const rate = Math.round(toSpread(busy.service).median / 2);
    const folder = await suite.newFolder();
    await using stock = await startServer(scriptOf("stock_trpc"));
    await using sluice = await startService(folder, NO_POSTGRES, UNBOUNDED);
    let accepted = 0;
    const measure = async (port: number, seconds: number) => {
      const result = await load.run({ port, route: "track", seconds, rate });
      if (port === sluice.port) accepted += result.accepted;
      return result.p99Ms;
    };
    progress(`warming up at ${rate} requests/s`);
    await measure(stock.port, scale.warmUpSeconds);
    await measure(sluice.port, scale.warmUpSeconds);
    const p99s = await interleave(scale.repeats, {
      limit: async () => {
        const ms = await measure(stock.port, scale.seconds * LONGER);
        progress(`limit p99 ${ms.toFixed(1)} ms`);
        return ms;
      },
      service: async () => {
        const ms = await measure(sluice.port, scale.seconds * LONGER);
        progress(`track p99 ${ms.toFixed(1)} ms`);
        return ms;
      },
    });
    await sluice.end();
    await assertDurable(kvPathOf(folder), accepted);
    return [toFigure({
      part: "latency",
      name: `p99 of track at ${rate.toLocaleString("en")} requests/s`,
      unit: "ms",
      values: p99s.service,
      limit: { name: "stock tRPC adapter, empty, at the same rate", values: p99s.limit },
      target: { atMost: 3 },
    })];
  },
};
