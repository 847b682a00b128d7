/**
 * `full-buffer`: `track` and `trackBatch` with many events already buffered, against an empty buffer.
 *
 * Two services run side by side and are measured alternately. The turns are short and each pair of services
 * is new, as the empty buffer does not stay empty.
 */

import { openBufferingService } from "../buffering_service.ts";
import { interleave, toFigure } from "../figure.ts";
import { KEY_NAMES, type Keys } from "../load/keys.ts";
import type { Route } from "../load/requests.ts";
import type { Figure, Suite } from "../types.ts";

const ROUTES: readonly Route[] = ["track", "trackBatch"];
const KEYS: readonly Keys[] = ["none", "random"];
const MAX_PAIRS = 2;
const TURNS_PER_PAIR = 3;
/** Turns are this much shorter than a repeat of the scale. */
const SHORTER = 2;

/** Part `full-buffer`. */
export const fullBufferPart = {
  name: "full-buffer",
  title: "track and trackBatch with a full buffer, with and without keys",
  async run(suite: Suite): Promise<Figure[]> {
    const { fullEvents, repeats } = suite.scale;
    const figures: Figure[] = [];
    for (const route of ROUTES) {
      const pairs: Pair[][] = [];
      for (let i = 0; i < Math.min(repeats, MAX_PAIRS); i++) {
        pairs.push(await measurePair(suite, route));
      }
      figures.push(...KEYS.map((keys, i) =>
        toFigure({
          part: "full-buffer",
          name: `${route} with ${fullEvents.toLocaleString("en")} events buffered, ${
            KEY_NAMES[keys]
          }`,
          unit: "events/s",
          values: pairs.flatMap((pair) => pair[i]?.full ?? []),
          limit: {
            name: "the same on an empty buffer",
            values: pairs.flatMap((pair) => pair[i]?.empty ?? []),
          },
          target: { atLeast: 0.9 },
        })
      ));
    }
    return figures;
  },
};

/** Events per second of an empty and of a full buffer. */
interface Pair {
  readonly empty: readonly number[];
  readonly full: readonly number[];
}

/** Measures events per second on both buffers, for each kind of keys. */
async function measurePair(
  suite: Suite,
  route: Route,
): Promise<Pair[]> {
  const { scale: { seconds, warmUpSeconds, fullEvents }, progress } = suite;
  await using empty = await openBufferingService(suite);
  await using full = await openBufferingService(suite, {
    folder: await suite.folderWithEvents(fullEvents),
    buffered: fullEvents,
  });
  progress("warming up");
  for (const sluice of [empty, full]) {
    await sluice.run({ route, seconds: warmUpSeconds / 2 });
  }
  const rates = [];
  for (const keys of KEYS) {
    const load = { route, keys, seconds: seconds / SHORTER };
    const name = `${route}, ${KEY_NAMES[keys]}`;
    const turns = { progress, scale: { repeats: TURNS_PER_PAIR } };
    const [emptyRates, fullRates] = await interleave(turns, "events/s", [
      { name: `${name}, empty buffer`, measure: () => empty.eventsPerSecond(load) },
      { name: `${name}, full buffer`, measure: () => full.eventsPerSecond(load) },
    ]);
    rates.push({ empty: emptyRates, full: fullRates });
  }
  for (const sluice of [empty, full]) await sluice.check();
  return rates;
}
