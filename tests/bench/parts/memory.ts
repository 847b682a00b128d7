/**
 * `memory`: peak memory with many events buffered and draining, against an empty buffer. Both sides get the
 * same light load, are flushed to Postgres and enriched.
 *
 * With `--long` also whether memory grows in ten minutes of load: the last quarter against the second.
 */

import { countRows } from "../../../src/store/count_rows.ts";
import { toFigure } from "../figure.ts";
import { readMemory, sampleMemory } from "../memory.ts";
import { startService, UNBOUNDED } from "../servers.ts";
import { toSpread } from "../statistics.ts";
import type { Figure, Suite } from "../types.ts";

const REQUESTS_PER_SECOND = 200;
const SAMPLE_MS = 250;

/** Part `memory`. */
export const memoryPart = {
  name: "memory",
  title: "peak memory with a full buffer",
  async run(suite: Suite): Promise<Figure[]> {
    const { scale: { fullEvents, growthSeconds } } = suite;
    const empty = await measurePeak(suite, await suite.newFolder());
    const full = await measurePeak(suite, await suite.folderWithEvents(fullEvents), fullEvents);
    const figures = [toFigure({
      part: "memory",
      name: `peak memory, ${fullEvents.toLocaleString("en")} events buffered and draining`,
      unit: "MiB",
      values: [full],
      limit: { name: "peak memory, empty buffer, same load", values: [empty] },
      target: { atMost: 1.5 },
    })];
    return growthSeconds === null
      ? figures
      : [...figures, await measureGrowth(suite, growthSeconds)];
  },
};

/** Measures the peak in MiB. */
async function measurePeak(suite: Suite, folder: string, buffered = 0): Promise<number> {
  const { load, progress, scale: { memorySeconds: seconds } } = suite;
  const postgres = await suite.emptyPostgres();
  await using sluice = await startService(folder, postgres.url, UNBOUNDED);
  progress(`sampling memory with ${buffered.toLocaleString("en")} events buffered`);
  const { port, pid } = sluice;
  await load.run({ port, route: "track", seconds, rate: REQUESTS_PER_SECOND });
  const stored = await countRows(postgres.sql);
  if (stored === 0) throw new Error("Nothing drained during the load");
  const { peak } = await readMemory(pid);
  progress(`peak ${Math.round(peak)} MiB, ${stored.toLocaleString("en")} rows written`);
  return peak;
}

async function measureGrowth(suite: Suite, seconds: number): Promise<Figure> {
  const postgres = await suite.emptyPostgres();
  await using sluice = await startService(await suite.newFolder(), postgres.url);
  suite.progress(`sampling memory for ${seconds} s`);
  const { port, pid } = sluice;
  const [, samples] = await Promise.all([
    suite.load.run({ port, route: "track", seconds, rate: REQUESTS_PER_SECOND * 5 }),
    sampleMemory(pid, seconds, SAMPLE_MS),
  ]);
  const quarter = Math.floor(samples.length / 4);
  const medianOf = (nth: number) =>
    toSpread(samples.slice(quarter * nth, quarter * (nth + 1)).map(({ now }) => now)).median;
  return toFigure({
    part: "memory",
    name: `memory in the last quarter of ${seconds / 60} minutes of load`,
    unit: "MiB",
    values: [medianOf(3)],
    limit: { name: "memory in the second quarter", values: [medianOf(1)] },
    target: { atMost: 1.1 },
  });
}
