/**
 * `drain`: draining a full buffer into `events` with its indexes. Enrichment is off, as the limit has none;
 * its records still go to the outbox.
 */

import { countRows } from "../../../src/store/count_rows.ts";
import { interleave, toFigure } from "../figure.ts";
import type { BareInsertRequest } from "../limits/bare_insert.ts";
import { Peer } from "../peer.ts";
import type { BenchPostgres } from "../postgres.ts";
import { readMetric, scriptOf, startService } from "../servers.ts";
import type { Figure, Suite } from "../types.ts";

const POLL_MS = 10;
/** Each repeat takes long. */
const MAX_REPEATS = 3;

/** Part `drain`. */
export const drainPart = {
  name: "drain",
  title: "draining a full buffer into Postgres",
  async run(suite: Suite): Promise<Figure[]> {
    const { limit, service } = await measureDrain(suite);
    return [toFigure({
      part: "drain",
      name: `drain of ${suite.scale.drainEvents.toLocaleString("en")} events`,
      unit: "rows/s",
      values: service,
      limit: { name: "bare loop of the same insert, rows in memory", values: limit },
      target: { atLeast: 0.7 },
    })];
  },
};

/** Measures rows per second of the limit and of the service. */
export async function measureDrain(suite: Suite): Promise<{ limit: number[]; service: number[] }> {
  const { scale: { drainEvents, repeats }, progress } = suite;
  await using bare = new Peer<BareInsertRequest, number>(scriptOf("bare_insert"));
  const measureLimit = async () => {
    const { url } = await suite.emptyPostgres();
    return await bare.request({ url, rows: drainEvents });
  };
  progress("warming up");
  await measureLimit();
  return await interleave(Math.min(repeats, MAX_REPEATS), {
    limit: async () => {
      const rate = await measureLimit();
      progress(`limit ${Math.round(rate)} rows/s`);
      return rate;
    },
    service: async () => {
      const folder = await suite.folderWithEvents(drainEvents);
      const postgres = await suite.emptyPostgres();
      await using sluice = await startService(folder, postgres.url, { ENABLE_ENRICHMENT: "false" });
      const rate = await watchRows(postgres, drainEvents);
      progress(`drain ${Math.round(rate)} rows/s`);
      const left = await readMetric(sluice, "sluice_events_buffered");
      if (left !== 0) throw new Error(`${left} events are still buffered after the drain`);
      return rate;
    },
  });
}

/** Measures rows per second, from the first row in Postgres to the last. */
async function watchRows({ sql }: BenchPostgres, rows: number): Promise<number> {
  let first: { readonly rows: number; readonly at: number } | null = null;
  for (;;) {
    const stored = await countRows(sql);
    const at = performance.now();
    if (stored > rows) throw new Error(`${stored} rows from ${rows} events`);
    if (first === null && stored > 0) first = { rows: stored, at };
    if (first !== null && stored === rows) return (rows - first.rows) / (at - first.at) * 1000;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
