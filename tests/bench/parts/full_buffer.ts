/**
 * `full-buffer`: `track` and `trackBatch` with many events already buffered, against an empty buffer.
 *
 * Two services run side by side and are measured alternately. The turns are short and each pair of services
 * is new, as the empty buffer does not stay empty.
 */

import { assertDurable } from "../buffer.ts";
import { interleave, toFigure } from "../figure.ts";
import { EVENTS_PER_REQUEST, type Route } from "../load/requests.ts";
import { kvPathOf, NO_POSTGRES, startService, UNBOUNDED } from "../servers.ts";
import type { Figure, Suite } from "../types.ts";

const ROUTES: readonly Route[] = ["track", "trackBatch"];
const MAX_PAIRS = 2;
const TURNS_PER_PAIR = 3;
/** Turns are this much shorter than a repeat of the scale. */
const SHORTER = 3;

/** Part `full-buffer`. */
export const fullBufferPart = {
  name: "full-buffer",
  title: "track and trackBatch with a full buffer",
  async run(suite: Suite): Promise<Figure[]> {
    const figures: Figure[] = [];
    for (const route of ROUTES) {
      const empty: number[] = [];
      const full: number[] = [];
      for (let i = 0; i < Math.min(suite.scale.repeats, MAX_PAIRS); i++) {
        const rates = await measurePair(suite, route);
        empty.push(...rates.limit);
        full.push(...rates.service);
      }
      figures.push(toFigure({
        part: "full-buffer",
        name: `${route} with ${suite.scale.fullEvents.toLocaleString("en")} events buffered`,
        unit: "events/s",
        values: full,
        limit: { name: "the same on an empty buffer", values: empty },
        target: { atLeast: 0.9 },
      }));
    }
    return figures;
  },
};

async function measurePair(
  suite: Suite,
  route: Route,
): Promise<{ limit: number[]; service: number[] }> {
  const { scale, progress } = suite;
  await using empty = await openBuffer(suite, route, 0);
  await using full = await openBuffer(suite, route, scale.fullEvents);
  for (const buffer of [empty, full]) await buffer.measure(scale.warmUpSeconds / 2);
  const turn = (buffer: typeof full, name: string) => async () => {
    const rate = await buffer.measure(scale.seconds / SHORTER);
    progress(`${route}, ${name}: ${Math.round(rate)} events/s`);
    return rate;
  };
  const rates = await interleave(TURNS_PER_PAIR, {
    limit: turn(empty, "empty"),
    service: turn(full, "full"),
  });
  for (const buffer of [empty, full]) await buffer.check();
  return rates;
}

/** Starts a service with that many events buffered. */
async function openBuffer(suite: Suite, route: Route, buffered: number) {
  const folder = buffered === 0 ? await suite.newFolder() : await suite.folderWithEvents(buffered);
  const sluice = await startService(folder, NO_POSTGRES, UNBOUNDED);
  let accepted = buffered;
  return {
    /** Measures events per second. */
    async measure(seconds: number): Promise<number> {
      const result = await suite.load.run({ port: sluice.port, route, seconds });
      accepted += result.accepted;
      return result.requests * EVENTS_PER_REQUEST[route] / result.seconds;
    },
    /** @throws if an event went missing */
    async check(): Promise<void> {
      await sluice.end();
      await assertDurable(kvPathOf(folder), accepted);
    },
    [Symbol.asyncDispose]: () => sluice[Symbol.asyncDispose](),
  };
}
