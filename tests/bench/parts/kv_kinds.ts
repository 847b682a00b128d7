/**
 * The rows of `remote` that compare kinds of KV: in PostgreSQL and on denokv, both on this machine, with one
 * process and with several. The limit is one process on a file.
 */

import { interleave, toFigure } from "../figure.ts";
import { type Fleet, openFleet } from "../fleet.ts";
import { KV_KINDS, type KvKind } from "../fleet_kv.ts";
import { LoadGenerator } from "../load/control.ts";
import { KEY_NAMES, type Keys } from "../load/keys.ts";
import type { Route } from "../load/requests.ts";
import { MissingError } from "../requirements.ts";
import type { Figure, Suite, Target } from "../types.ts";

const SEVERAL = 4;
const FEW = 2;
const FILE = "a file";
const CONNECTIONS: Readonly<Record<Route, number>> = { track: 64, trackBatch: 8, trackCalls: 8 };
const LOADS: readonly { readonly route: Route; readonly keys: Keys }[] = [
  { route: "track", keys: "none" },
  { route: "track", keys: "random" },
  { route: "trackBatch", keys: "none" },
  { route: "trackBatch", keys: "random" },
];
/** Of batches of one process on a KV in PostgreSQL. */
const TARGET: Target = { atLeast: 0.3 };
const MAX_REPEATS = 3;
/** Turns are this much shorter than a repeat of the scale: there are many. */
const SHORTER = 2;

interface Compared {
  readonly kind: KvKind;
  readonly processes: number;
  readonly fleet: Fleet;
}

/** Measures all kinds that can be had here by turns; none if that is the file alone. */
export async function compareKinds(suite: Suite): Promise<Figure[]> {
  const { scale, progress } = suite;
  const several = scale.allRows ? SEVERAL : FEW;
  await using opened = new AsyncDisposableStack();
  const generators = Array.from({ length: several }, () => opened.use(new LoadGenerator()));
  const compared: Compared[] = [];
  for (const kind of KV_KINDS) {
    try {
      progress(`starting services on ${kind.name}`);
      const source = opened.use(await kind.prepare(suite));
      for (const processes of kind.name === FILE ? [1] : [1, several]) {
        const kv = await source.open();
        const fleet = opened.use(await openFleet(suite, kv, generators.slice(0, processes)));
        compared.push({ kind, processes, fleet });
      }
    } catch (error) {
      if (!(error instanceof MissingError)) throw error;
    }
  }
  if (compared.length === 1) return [];
  for (const { fleet } of compared) {
    for (const route of ["track", "trackBatch"] as const) {
      const connections = CONNECTIONS[route];
      await fleet.run({ route, connections, seconds: scale.warmUpSeconds / 2 });
    }
  }
  const figures: Figure[] = [];
  for (const { route, keys } of scale.allRows ? LOADS : LOADS.slice(2, 3)) {
    const names = compared.map(({ kind, processes }) =>
      `${route}, KV: ${kind.name}, ${KEY_NAMES[keys]}, ${
        processes === 1 ? "one process" : `${processes} processes`
      }`
    );
    const [limit = [], ...rates] = await interleave(
      { progress, scale: { repeats: Math.min(scale.repeats, MAX_REPEATS) } },
      "events/s",
      compared.map(({ fleet }, i) => ({
        name: names[i] ?? "",
        async measure() {
          const load = { route, keys, connections: CONNECTIONS[route] };
          return (await fleet.run({ ...load, seconds: scale.seconds / SHORTER })).eventsPerSecond;
        },
      })),
    );
    rates.forEach((values, i) => {
      const { kind, processes } = compared[i + 1] ?? {};
      const isTarget = kind?.name === "PostgreSQL" && processes === 1 && route === "trackBatch";
      figures.push(toFigure({
        part: "remote",
        name: names[i + 1] ?? "",
        unit: "events/s",
        values,
        limit: { name: "one process on a file", values: limit },
        ...(isTarget ? { target: TARGET } : {}),
      }));
    });
  }
  for (const { fleet } of compared) await fleet.check();
  return figures;
}
