/**
 * `full-buffer`: `track` and `trackBatch` with a great many events buffered already, against an empty buffer.
 *
 * The two services run side by side and are measured by turns, short ones, as the empty buffer does not
 * stay empty; each pair of services is new.
 */

import { assertDurable } from "../buffer.ts";
import { byTurns, figureOf } from "../figure.ts";
import { EVENTS_A_REQUEST, type Route } from "../load/requests.ts";
import { kvPathOf, NO_POSTGRES, startService, UNBOUNDED } from "../servers.ts";
import type { Figure, Suite } from "../types.ts";

const ROUTES: readonly Route[] = ["track", "trackBatch"];
const MAX_PAIRS = 2;
const TURNS_A_PAIR = 3;
/** Of the scale's seconds. */
const SHORTER = 3;

/** The part. */
export const fullBufferPart = {
  name: "full-buffer",
  title: "full buffer",
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
      figures.push(figureOf({
        part: "full-buffer",
        name: `${route} with ${suite.scale.fullEvents.toLocaleString("en")} events buffered`,
        unit: "events/s",
        values: full,
        limit: { name: "the same on an empty buffer", values: empty },
        reach: { atLeast: 0.9 },
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
  const rates = await byTurns(TURNS_A_PAIR, {
    limit: turn(empty, "empty"),
    service: turn(full, "full"),
  });
  for (const buffer of [empty, full]) await buffer.check();
  return rates;
}

/** A service on a buffer of so many events. */
async function openBuffer(suite: Suite, route: Route, buffered: number) {
  const folder = buffered === 0 ? await suite.newFolder() : await suite.fullFolder(buffered);
  const sluice = await startService(folder, NO_POSTGRES, UNBOUNDED);
  let accepted = buffered;
  return {
    /** Events a second. */
    async measure(seconds: number): Promise<number> {
      const result = await suite.load.make({ port: sluice.port, route, seconds });
      accepted += result.accepted;
      return result.requests * EVENTS_A_REQUEST[route] / result.seconds;
    },
    /** @throws where an event went missing */
    async check(): Promise<void> {
      await sluice.end();
      await assertDurable(kvPathOf(folder), accepted);
    },
    [Symbol.asyncDispose]: () => sluice[Symbol.asyncDispose](),
  };
}
