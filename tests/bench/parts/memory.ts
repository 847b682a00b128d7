/**
 * `memory`: peak memory with a great many events buffered and draining, against an empty buffer. Both sides
 * get the same light load meanwhile, are flushed to Postgres and enriched.
 *
 * With `--long` also whether memory grows in ten minutes of load: its last quarter against its second.
 */

import { countRows } from "../../../src/store/count_rows.ts";
import { figureOf } from "../figure.ts";
import { memoryOf, watchMemory } from "../memory.ts";
import { startService, UNBOUNDED } from "../servers.ts";
import { spreadOf } from "../statistics.ts";
import type { Figure, Suite } from "../types.ts";

const REQUESTS_A_SECOND = 200;
const SAMPLE_MS = 250;

/** The part. */
export const memoryPart = {
  name: "memory",
  title: "memory",
  async run(suite: Suite): Promise<Figure[]> {
    const { scale: { fullEvents, growthSeconds } } = suite;
    const empty = await measurePeak(suite, await suite.newFolder());
    const full = await measurePeak(suite, await suite.fullFolder(fullEvents), fullEvents);
    const figures = [figureOf({
      part: "memory",
      name: `peak memory, ${fullEvents.toLocaleString("en")} events buffered and draining`,
      unit: "MiB",
      values: [full],
      limit: { name: "peak memory, empty buffer, same load", values: [empty] },
      reach: { atMost: 1.5 },
    })];
    return growthSeconds === null
      ? figures
      : [...figures, await measureGrowth(suite, growthSeconds)];
  },
};

/** MiB. */
async function measurePeak(suite: Suite, folder: string, buffered = 0): Promise<number> {
  const { load, progress, scale: { memorySeconds: seconds } } = suite;
  const postgres = await suite.freshPostgres();
  await using sluice = await startService(folder, postgres.url, UNBOUNDED);
  progress(`watching memory with ${buffered.toLocaleString("en")} events buffered`);
  const { port, pid } = sluice;
  await load.make({ port, route: "track", seconds, rate: REQUESTS_A_SECOND });
  const stored = await countRows(postgres.sql);
  if (stored === 0) throw new Error("Nothing drained meanwhile");
  const { peak } = await memoryOf(pid);
  progress(`peak ${Math.round(peak)} MiB, ${stored.toLocaleString("en")} rows written`);
  return peak;
}

async function measureGrowth(suite: Suite, seconds: number): Promise<Figure> {
  const postgres = await suite.freshPostgres();
  await using sluice = await startService(await suite.newFolder(), postgres.url);
  suite.progress(`watching memory for ${seconds} s`);
  const { port, pid } = sluice;
  const [, samples] = await Promise.all([
    suite.load.make({ port, route: "track", seconds, rate: REQUESTS_A_SECOND * 5 }),
    watchMemory(pid, seconds, SAMPLE_MS),
  ]);
  const quarter = Math.floor(samples.length / 4);
  const medianOf = (nth: number) =>
    spreadOf(samples.slice(quarter * nth, quarter * (nth + 1)).map(({ now }) => now)).median;
  return figureOf({
    part: "memory",
    name: `memory in the last quarter of ${seconds / 60} minutes of load`,
    unit: "MiB",
    values: [medianOf(3)],
    limit: { name: "memory in the second quarter", values: [medianOf(1)] },
    reach: { atMost: 1.1 },
  });
}
