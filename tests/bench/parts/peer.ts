/**
 * `peer`: the whole way into Postgres, beside a stack that a team would write by hand. Both have everything
 * on and share one PostgreSQL server; the load is the same, by turns. What counts are rows in Postgres, over
 * the time from the first request until all of them are there.
 */

import { countRows } from "../../../src/store/count_rows.ts";
import { drainProcess } from "../../support/service_process.ts";
import { interleave, toFigure } from "../figure.ts";
import { KEY_NAMES, type Keys } from "../load/keys.ts";
import type { Route } from "../load/requests.ts";
import { type HandMadeStack, openHandMadeStack } from "../peer/stack.ts";
import { readMetric, type Server, startService } from "../servers.ts";
import { toSpread } from "../statistics.ts";
import type { Figure, Suite } from "../types.ts";

/** A load, and how each side is asked for it. */
interface Row {
  readonly name: string;
  readonly keys: Keys;
  readonly sluice: Route;
  readonly handMade: Route;
  readonly target: number;
}

const BATCHES = { name: "batches of 50", sluice: "trackBatch", handMade: "trackCalls" } as const;
const SINGLE = { name: "track", sluice: "track", handMade: "track" } as const;
const ROWS: readonly Row[] = [
  { ...SINGLE, keys: "none", target: 5 },
  { ...SINGLE, keys: "random", target: 4 },
  { ...BATCHES, keys: "none", target: 4 },
  { ...BATCHES, keys: "random", target: 2 },
  { ...BATCHES, keys: "ordered", target: 2.5 },
];
/** Each repeat includes the time until all rows are there. */
const MAX_REPEATS = 3;
const MAX_SECONDS = 45;
const POLL_MS = 50;
const SETTLE_MS = 120_000;

/** Part `peer`. */
export const peerPart = {
  name: "peer",
  title: "rows in Postgres, beside Fastify, tRPC, Redis and a worker",
  async run(suite: Suite): Promise<Figure[]> {
    const postgres = await suite.emptyPostgres();
    suite.progress("installing the hand-made stack");
    await using handMade = await openHandMadeStack(await suite.newFolder(), postgres);
    const figures: Figure[] = [];
    for (const row of ROWS.filter(({ keys }) => suite.scale.allRows || keys === "random")) {
      figures.push(await measureRow(suite, handMade, row));
    }
    return figures;
  },
};

async function measureRow(suite: Suite, handMade: HandMadeStack, row: Row): Promise<Figure> {
  const { progress, scale: { repeats, seconds, warmUpSeconds } } = suite;
  const { sql, url } = await suite.emptyPostgres();
  await using sluice = await startService(await suite.newFolder(), url);
  const p99s = { sluice: [] as number[], handMade: [] as number[] };
  const enrichedRates: number[] = [];
  let accepted = 0;

  async function measureHandMade(seconds: number): Promise<number> {
    await handMade.reset();
    const load = { port: handMade.port, route: row.handMade, keys: row.keys, seconds };
    const startedAt = performance.now();
    const result = await suite.load.run(load);
    p99s.handMade.push(result.p99Ms);
    const rowsAt = await reached(
      "rows of the hand-made stack",
      handMade.countRows,
      result.accepted,
    );
    return result.accepted / (rowsAt - startedAt) * 1000;
  }
  async function measureSluice(seconds: number): Promise<number> {
    const load = { port: sluice.port, route: row.sluice, keys: row.keys, seconds };
    const startedAt = performance.now();
    const result = await suite.load.run(load);
    accepted += result.accepted;
    p99s.sluice.push(result.p99Ms);
    const drained = drain(sluice);
    const rowsAt = await reached("rows", () => countRows(sql), accepted);
    await drained;
    const enriched = () => readMetric(sluice, "sluice_events_enriched_total");
    const enrichedAt = await reached("enriched events", enriched, accepted);
    enrichedRates.push(result.accepted / (enrichedAt - startedAt) * 1000);
    return result.accepted / (rowsAt - startedAt) * 1000;
  }

  const name = `${row.name}, ${KEY_NAMES[row.keys]}`;
  progress(`${name}: warming up`);
  await measureHandMade(warmUpSeconds / 2);
  await measureSluice(warmUpSeconds / 2);
  for (const numbers of [p99s.sluice, p99s.handMade, enrichedRates]) numbers.length = 0;
  const fewer = {
    progress,
    scale: { repeats: Math.min(repeats, MAX_REPEATS), maxSeconds: MAX_SECONDS },
  };
  const [limit, values] = await interleave(fewer, "rows/s", [
    { name: `${name}, hand-made`, measure: () => measureHandMade(seconds) },
    { name: `${name}, Sluice`, measure: () => measureSluice(seconds) },
  ]);
  return toFigure({
    part: "peer",
    name: `${name} (durable, deduplicated, enriched)`,
    unit: "rows/s",
    values,
    limit: { name: `hand-made (not durable, ${dedupOf(row.keys)}, not enriched)`, values: limit },
    target: { atLeast: row.target },
    details: [
      { name: "enriched", unit: "events/s", value: toSpread(enrichedRates) },
      { name: "p99", unit: "ms", value: toSpread(p99s.sluice) },
      { name: "hand-made p99", unit: "ms", value: toSpread(p99s.handMade) },
    ],
  });
}

/** What the hand-made stack does about duplicates. */
function dedupOf(keys: Keys): string {
  return keys === "none" ? "not deduplicated" : "deduplicated by key";
}

/** Flushes at once what is left, which the service would otherwise hold back to gather a batch. */
function drain({ port, log }: Server): Promise<void> {
  return drainProcess({ url: `http://127.0.0.1:${port}`, log });
}

/** Resolves to the time at which a count has reached a number. */
async function reached(
  what: string,
  count: () => Promise<number>,
  expected: number,
): Promise<number> {
  const timeoutAt = performance.now() + SETTLE_MS;
  for (;;) {
    const found = await count();
    const at = performance.now();
    if (found === expected) return at;
    if (found > expected || at > timeoutAt) {
      throw new Error(`${found} ${what} instead of ${expected}`);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
