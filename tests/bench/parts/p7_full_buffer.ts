/**
 * P7: `track` and `trackBatch` with a great many events buffered already, against an empty buffer.
 *
 * The two services run side by side and are measured by turns, short ones, as the empty buffer does not
 * stay empty; each pair of services is new.
 */

import { assertDurable } from "../buffer.ts";
import { byTurns, figureOf } from "../figure.ts";
import { type Door, EVENTS_A_REQUEST } from "../load/requests.ts";
import { kvPathOf, NO_POSTGRES, startService, UNBOUNDED } from "../servers.ts";
import type { Figure, Suite } from "../types.ts";

const DOORS: readonly Door[] = ["track", "trackBatch"];
const MAX_PAIRS = 2;
const TURNS_A_PAIR = 3;
/** Of the scale's seconds. */
const SHORTER = 3;

/** The part. */
export const p7 = {
  name: "p7",
  title: "full buffer",
  async run(suite: Suite): Promise<Figure[]> {
    const figures: Figure[] = [];
    for (const door of DOORS) {
      const empty: number[] = [];
      const full: number[] = [];
      for (let i = 0; i < Math.min(suite.scale.repeats, MAX_PAIRS); i++) {
        const rates = await measurePair(suite, door);
        empty.push(...rates.limit);
        full.push(...rates.service);
      }
      figures.push(figureOf({
        part: "p7",
        name: `${door} with ${suite.scale.fullEvents.toLocaleString("en")} events buffered`,
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
  door: Door,
): Promise<{ limit: number[]; service: number[] }> {
  const { scale, progress } = suite;
  await using empty = await openBuffer(suite, door, 0);
  await using full = await openBuffer(suite, door, scale.fullEvents);
  for (const buffer of [empty, full]) await buffer.measure(scale.warmUpSeconds / 2);
  const turn = (buffer: typeof full, name: string) => async () => {
    const rate = await buffer.measure(scale.seconds / SHORTER);
    progress(`${door}, ${name}: ${Math.round(rate)} events/s`);
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
async function openBuffer(suite: Suite, door: Door, buffered: number) {
  const folder = buffered === 0 ? await suite.newFolder() : await suite.fullFolder(buffered);
  const sluice = await startService(folder, NO_POSTGRES, UNBOUNDED);
  let accepted = buffered;
  return {
    /** Events a second. */
    async measure(seconds: number): Promise<number> {
      const result = await suite.load.make({ port: sluice.port, door, seconds });
      accepted += result.accepted;
      return result.requests * EVENTS_A_REQUEST[door] / result.seconds;
    },
    /** @throws where an event went missing */
    async check(): Promise<void> {
      await sluice.end();
      await assertDurable(kvPathOf(folder), accepted);
    },
    [Symbol.asyncDispose]: () => sluice[Symbol.asyncDispose](),
  };
}
