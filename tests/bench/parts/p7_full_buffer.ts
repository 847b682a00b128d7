/** P7: `track` and `trackBatch` with a great many events buffered already, against an empty buffer. */

import { assertDurable } from "../buffer.ts";
import { figureOf } from "../figure.ts";
import { type Door, EVENTS_A_REQUEST } from "../load/requests.ts";
import { kvPathOf, NO_POSTGRES, startService, UNBOUNDED } from "../servers.ts";
import type { Figure, Suite } from "../types.ts";

const DOORS: readonly Door[] = ["track", "trackBatch"];
const MAX_REPEATS = 3;

type Rates = Readonly<Record<Door, number[]>>;

/** The part. */
export const p7 = {
  name: "p7",
  title: "full buffer",
  async run(suite: Suite): Promise<Figure[]> {
    const { fullEvents, repeats } = suite.scale;
    const empty: Rates = { track: [], trackBatch: [] };
    const full: Rates = { track: [], trackBatch: [] };
    for (let i = 0; i < Math.min(repeats, MAX_REPEATS); i++) {
      // A service of its own each time: the empty buffer would not stay empty.
      await measureDoors(suite, await suite.newFolder(), 0, empty);
      await measureDoors(suite, await suite.fullFolder(fullEvents), fullEvents, full);
    }
    return DOORS.map((door) =>
      figureOf({
        part: "p7",
        name: `${door} with ${fullEvents.toLocaleString("en")} events buffered`,
        unit: "events/s",
        values: full[door],
        limit: { name: "the same on an empty buffer", values: empty[door] },
        reach: { atLeast: 0.9 },
      })
    );
  },
};

async function measureDoors(
  { scale, load, progress }: Suite,
  folder: string,
  buffered: number,
  rates: Rates,
): Promise<void> {
  await using sluice = await startService(folder, NO_POSTGRES, UNBOUNDED);
  const { port } = sluice;
  let accepted = buffered;
  for (const door of DOORS) {
    accepted += (await load.make({ port, door, seconds: scale.warmUpSeconds / 2 })).accepted;
    const result = await load.make({ port, door, seconds: scale.seconds });
    accepted += result.accepted;
    const rate = result.requests * EVENTS_A_REQUEST[door] / result.seconds;
    progress(`${door}, ${buffered.toLocaleString("en")} buffered: ${Math.round(rate)} events/s`);
    rates[door].push(rate);
  }
  await sluice.end();
  await assertDurable(kvPathOf(folder), accepted);
}
