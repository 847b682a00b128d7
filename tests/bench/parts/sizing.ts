/**
 * `sizing`: what an event costs in CPU time, at two points, compared with what `deno task sizing` computes.
 *
 * Everything is on, at a steady rate that the machine can keep up with. The ratio says how much more this
 * machine needs than the page says; that both are alike says that the model is right.
 */

import { cpuOf } from "../../../src/sizing/model.ts";
import { readCpu, readServerCpu } from "../cpu.ts";
import { toFigure } from "../figure.ts";
import { KEY_NAMES, type Keys } from "../load/keys.ts";
import { EVENTS_PER_REQUEST, type Route } from "../load/requests.ts";
import { readMetric, startService } from "../servers.ts";
import type { Figure, Suite } from "../types.ts";

interface Point {
  readonly route: Route;
  readonly keys: Keys;
  /** Requests a second. */
  readonly rate: number;
}

const POINTS: readonly Point[] = [
  { route: "track", keys: "random", rate: 1_000 },
  { route: "trackBatch", keys: "none", rate: 60 },
];
const SECONDS = 8;
const SETTLE_MS = 60_000;
const POLL_MS = 200;

/** Part `sizing`. */
export const sizingPart = {
  name: "sizing",
  title: "CPU time of an event, compared with what `deno task sizing` computes",
  async run(suite: Suite): Promise<Figure[]> {
    const figures: Figure[] = [];
    for (const point of POINTS) figures.push(...await measure(suite, point));
    return figures;
  },
};

async function measure(suite: Suite, { route, keys, rate }: Point): Promise<Figure[]> {
  const postgres = await suite.emptyPostgres();
  if (postgres.isEmbedded) return [];
  await using sluice = await startService(await suite.newFolder(), postgres.url);
  const [backend] = await postgres.sql<[{ pid: number }]>`select pg_backend_pid() as pid`;
  async function run(seconds: number, before: number): Promise<number> {
    const { accepted } = await suite.load.run({ port: sluice.port, route, keys, rate, seconds });
    await enriched(sluice, before + accepted);
    return accepted;
  }
  suite.progress(`${route}, ${KEY_NAMES[keys]}, ${rate} requests/s`);
  const warmUp = await run(suite.scale.warmUpSeconds, 0);
  const [service, server] = [await readCpu(sluice.pid), await readServerCpu(backend.pid)];
  const events = await run(SECONDS, warmUp);
  const after = await readCpu(sluice.pid);
  const measured = {
    service: (after.total - service.total) / events,
    main: (after.mainThread - service.mainThread) / events,
    postgres: (await readServerCpu(backend.pid) - server) / events,
  };
  const model = cpuOf({ keys, eventsPerRequest: EVENTS_PER_REQUEST[route] });
  return (["service", "main", "postgres"] as const).map((part) =>
    toFigure({
      part: "sizing",
      name: `${part}, an event of ${route}, ${KEY_NAMES[keys]}`,
      unit: "µs",
      values: [measured[part]],
      limit: { name: "deno task sizing", values: [model[part]] },
      target: { atMost: 2 },
    })
  );
}

/** Resolves when that many events are enriched. */
async function enriched(sluice: Parameters<typeof readMetric>[0], events: number): Promise<void> {
  const timeoutAt = performance.now() + SETTLE_MS;
  while (await readMetric(sluice, "sluice_events_enriched_total") < events) {
    if (performance.now() > timeoutAt) throw new Error(`Fewer than ${events} events were enriched`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
