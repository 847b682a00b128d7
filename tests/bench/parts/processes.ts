/**
 * `processes`: what a second and a fourth process on one machine bring, on a file, on denokv and on a KV in
 * PostgreSQL. Postgres is unavailable, as in `track`.
 *
 * The limit is one process on a KV of the same kind, under the same connections. Beside the rates stands the
 * CPU time of an event, as all of them share the cores of this machine: with the load generators, whose work
 * is other machines' in production.
 */

import { type Fleet, type FleetResult, openFleet } from "../fleet.ts";
import { KV_KINDS, type KvKind } from "../fleet_kv.ts";
import { interleave, toFigure } from "../figure.ts";
import { LoadGenerator } from "../load/control.ts";
import type { Route } from "../load/requests.ts";
import { MissingError } from "../requirements.ts";
import { toSpread } from "../statistics.ts";
import type { Detail, Figure, Suite } from "../types.ts";

const COUNTS: readonly number[] = [1, 2, 4];
const FEW_COUNTS: readonly number[] = [1, 2];
const MOST = 4;
/** Of all processes together, as many for each as in `track` and `batch` where there are four. */
const LOADS: readonly { readonly route: Route; readonly connections: number }[] = [
  { route: "track", connections: 64 * MOST },
  { route: "trackBatch", connections: 8 * MOST },
];
const MAX_REPEATS = 3;

/** Part `processes`. */
export const processesPart = {
  name: "processes",
  title: "one, two and four processes on one machine, with each kind of KV",
  async run(suite: Suite): Promise<Figure[]> {
    await using opened = new AsyncDisposableStack();
    const generators = Array.from({ length: MOST }, () => opened.use(new LoadGenerator()));
    const figures: Figure[] = [];
    for (const kind of KV_KINDS) {
      try {
        figures.push(...await measureKind(suite, kind, generators));
      } catch (error) {
        if (!(error instanceof MissingError)) throw error;
        suite.skip(error.message);
      }
    }
    return figures;
  },
};

/** Measures all numbers of processes by turns, each on a KV of its own. */
async function measureKind(
  suite: Suite,
  kind: KvKind,
  generators: readonly LoadGenerator[],
): Promise<Figure[]> {
  const { progress, scale } = suite;
  progress(`starting services on ${kind.name}`);
  await using source = await kind.prepare(suite);
  await using opened = new AsyncDisposableStack();
  const fleets: Fleet[] = [];
  const counts = scale.allRows ? COUNTS : FEW_COUNTS;
  for (const count of counts) {
    const kv = await source.open();
    fleets.push(opened.use(await openFleet(suite, kv, generators.slice(0, count))));
  }
  progress(`${kind.name}: warming up`);
  for (const fleet of fleets) {
    for (const load of LOADS) await fleet.run({ ...load, seconds: scale.warmUpSeconds / 2 });
  }
  const turns = LOADS.flatMap((load) =>
    fleets.map((fleet, i) => ({ load, fleet, count: counts[i] ?? 1, results: [] as FleetResult[] }))
  );
  await interleave(
    { progress, scale: { repeats: Math.min(scale.repeats, MAX_REPEATS) } },
    "events/s",
    turns.map(({ load, fleet, count, results }) => ({
      name: nameOf(kind, load.route, count),
      async measure() {
        const result = await fleet.run({ ...load, seconds: scale.seconds });
        results.push(result);
        return result.eventsPerSecond;
      },
    })),
  );
  for (const fleet of fleets) await fleet.check();
  return turns.map(({ load, count, results }) => {
    const alone = turns.find((other) => other.load === load && other.count === 1);
    return toFigure({
      part: "processes",
      name: nameOf(kind, load.route, count),
      unit: "events/s",
      values: results.map(({ eventsPerSecond }) => eventsPerSecond),
      ...count === 1 || alone === undefined ? {} : {
        limit: {
          name: "one process",
          values: alone.results.map(({ eventsPerSecond }) => eventsPerSecond),
        },
      },
      details: detailsOf(results),
    });
  });
}

function nameOf({ name }: KvKind, route: Route, count: number): string {
  return `${route}, ${count === 1 ? "one process" : `${count} processes`} on ${name}`;
}

/** The CPU time of an event, and how many cores that kept busy. */
function detailsOf(results: readonly FleetResult[]): Detail[] {
  const detail = (name: string, unit: string, read: (result: FleetResult) => number | null) => {
    const values = results.map(read).filter((value) => value !== null);
    return values.length === 0 ? [] : [{ name, unit, value: toSpread(values) }];
  };
  return [
    ...detail("service", "µs", ({ serviceUs }) => serviceUs),
    ...detail("its main thread", "µs", ({ mainThreadUs }) => mainThreadUs),
    ...detail("KV", "µs", ({ kvUs }) => kvUs),
    ...detail("load generator", "µs", ({ loadUs }) => loadUs),
    ...detail("busy", "cores", ({ busyCores }) => busyCores),
  ];
}
