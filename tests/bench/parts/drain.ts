/**
 * `drain`: draining a full buffer into `events` with its indexes. Enrichment is off, as the limit has none;
 * its records still go to the outbox.
 */

import { countRows } from "../../../src/store/count_rows.ts";
import { interleave, toFigure } from "../figure.ts";
import type { BareInsertRequest } from "../limits/bare_insert.ts";
import { KEY_NAMES, type Keys } from "../load/keys.ts";
import type { BenchPostgres } from "../postgres.ts";
import { readMetric, scriptOf, startService } from "../servers.ts";
import { Subprocess } from "../subprocess.ts";
import type { Figure, Suite } from "../types.ts";

const POLL_MS = 10;
/** Each repeat takes long, on a slow machine above all. */
const MAX_REPEATS = 3;
const MAX_SECONDS = 30;
const KEYS: readonly Keys[] = ["none", "random", "ordered"];

/** Part `drain`. */
export const drainPart = {
  name: "drain",
  title: "draining a full buffer into Postgres, with and without keys",
  async run(suite: Suite): Promise<Figure[]> {
    const kinds = suite.scale.allRows ? KEYS : KEYS.slice(0, 2);
    const rates = await measureDrain(suite, kinds);
    return kinds.map((keys, i) =>
      toFigure({
        part: "drain",
        name: `drain of ${suite.scale.drainEvents.toLocaleString("en")} events, ${KEY_NAMES[keys]}`,
        unit: "rows/s",
        values: rates[i]?.service ?? [],
        limit: { name: "bare loop of the same insert", values: rates[i]?.limit ?? [] },
        target: { atLeast: 0.7 },
      })
    );
  },
};

/** Measures rows per second of the limit and of the service, for each kind of keys. */
export async function measureDrain(
  suite: Suite,
  kinds: readonly Keys[],
): Promise<{ readonly limit: number[]; readonly service: number[] }[]> {
  const { scale: { drainEvents, repeats }, progress } = suite;
  await using bare = new Subprocess<BareInsertRequest, number>(scriptOf("bare_insert"));
  const measureLimit = async (keys: Keys) => {
    const { url } = await suite.emptyPostgres();
    return await bare.request({ url, rows: drainEvents, keys });
  };
  const measure = async (keys: Keys) => {
    const folder = await suite.folderWithEvents(drainEvents, keys);
    const postgres = await suite.emptyPostgres();
    await using sluice = await startService(folder, postgres.url, { ENABLE_ENRICHMENT: "false" });
    const rate = await watchRows(postgres, drainEvents);
    const left = await readMetric(sluice, "sluice_events_buffered");
    if (left !== 0) throw new Error(`${left} events are still buffered after the drain`);
    return rate;
  };
  const fewer = {
    progress,
    scale: { repeats: Math.min(repeats, MAX_REPEATS), maxSeconds: MAX_SECONDS },
  };
  progress("warming up");
  await measureLimit("none");
  const rates = [];
  for (const keys of kinds) {
    const [limit, service] = await interleave(fewer, "rows/s", [
      { name: `bare insert, ${KEY_NAMES[keys]}`, measure: () => measureLimit(keys) },
      { name: `drain, ${KEY_NAMES[keys]}`, measure: () => measure(keys) },
    ]);
    rates.push({ limit, service });
  }
  return rates;
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
