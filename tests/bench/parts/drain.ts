/**
 * `drain`: the drain of a full buffer into `events` with its indexes. Enrichment is off, as it is no part of
 * the limit either; what is to be enriched is left in the outbox as ever.
 */

import { countRows } from "../../../src/store/count_rows.ts";
import { byTurns, figureOf } from "../figure.ts";
import type { BareInsertQuestion } from "../limits/bare_insert.ts";
import { Peer } from "../peer.ts";
import type { BenchPostgres } from "../postgres.ts";
import { metricOf, scriptOf, startService } from "../servers.ts";
import type { Figure, Suite } from "../types.ts";

const POLL_MS = 10;
/** Each is long in itself. */
const MAX_REPEATS = 3;

/** The part. */
export const drainPart = {
  name: "drain",
  title: "drain",
  async run(suite: Suite): Promise<Figure[]> {
    const { limit, service } = await measureDrain(suite);
    return [figureOf({
      part: "drain",
      name: `drain of ${suite.scale.drainEvents.toLocaleString("en")} events`,
      unit: "rows/s",
      values: service,
      limit: { name: "bare loop of the same insert, rows in memory", values: limit },
      reach: { atLeast: 0.7 },
    })];
  },
};

/** Rows a second, of the limit and of the service. */
export async function measureDrain(suite: Suite): Promise<{ limit: number[]; service: number[] }> {
  const { scale: { drainEvents, repeats }, progress } = suite;
  await using bare = new Peer<BareInsertQuestion, number>(scriptOf("bare_insert"));
  const measureLimit = async () => {
    const { url } = await suite.freshPostgres();
    return await bare.ask({ url, rows: drainEvents });
  };
  progress("warming up");
  await measureLimit();
  return await byTurns(Math.min(repeats, MAX_REPEATS), {
    limit: async () => {
      const rate = await measureLimit();
      progress(`limit ${Math.round(rate)} rows/s`);
      return rate;
    },
    service: async () => {
      const folder = await suite.fullFolder(drainEvents);
      const postgres = await suite.freshPostgres();
      await using sluice = await startService(folder, postgres.url, { ENABLE_ENRICHMENT: "false" });
      const rate = await watchRows(postgres, drainEvents);
      progress(`drain ${Math.round(rate)} rows/s`);
      const left = await metricOf(sluice, "sluice_events_buffered");
      if (left !== 0) throw new Error(`${left} events are buffered after the drain`);
      return rate;
    },
  });
}

/** Rows a second, from the first that Postgres has to the last. */
async function watchRows({ sql }: BenchPostgres, rows: number): Promise<number> {
  let first: { readonly rows: number; readonly at: number } | null = null;
  for (;;) {
    const stored = await countRows(sql);
    const at = performance.now();
    if (stored > rows) throw new Error(`${stored} rows of ${rows} events`);
    if (first === null && stored > 0) first = { rows: stored, at };
    if (first !== null && stored === rows) return (rows - first.rows) / (at - first.at) * 1000;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
