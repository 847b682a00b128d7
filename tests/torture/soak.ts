/** A long time at a steady rate, with Postgres away now and then: nothing may grow, everything must be there. */

import { readBalance } from "../../src/kv/counter.ts";
import { rowsOf } from "../support/load.ts";
import { drainProcess } from "../support/service_process.ts";
import { until } from "../support/until.ts";
import { type LoadReport, OpenLoad } from "./open_load.ts";
import { openPlace, weigh, type Weight } from "./place.ts";

/** What a soak is made of. */
export interface SoakOptions {
  readonly seconds: number;
  readonly eventsPerSecond: number;
  /** How often Postgres goes away, and for how long. */
  readonly outageEverySeconds: number;
  readonly outageSeconds: number;
  readonly say: (line: string) => void;
}

/** The service at one moment. */
export interface Sample extends Weight {
  readonly second: number;
  readonly connections: number;
  readonly buffered: number;
  readonly acknowledged: number;
}

/** What came of it. */
export interface SoakReport extends LoadReport {
  readonly server: string;
  readonly samples: readonly Sample[];
  readonly outages: number;
  readonly acknowledged: number;
  readonly rows: number;
  readonly enrichments: number;
  readonly lost: number;
  readonly doubled: number;
  /** accepted − stored − replays − buffered − dead letters, and stored − rows. */
  readonly differences: readonly [number, number];
  /** Milliseconds until the buffer was empty after the end. */
  readonly drainMs: number;
}

/** Enough to send on while answers take a second. */
const CONNECTIONS = 1_024;
const SAMPLE_MS = 1_000;
const SAY_EVERY_SECONDS = 15;

/** Runs one. */
export async function soak(options: SoakOptions): Promise<SoakReport> {
  const { seconds, eventsPerSecond, outageEverySeconds, outageSeconds, say } = options;
  await using place = await openPlace({});
  const { service, proxy, database, kvPath } = place;
  using kv = await Deno.openKv(kvPath);
  const run = crypto.randomUUID();
  const load = new OpenLoad({
    url: service.url,
    run,
    eventsPerSecond,
    inBatches: 0.95,
    connections: CONNECTIONS,
    patienceMs: Infinity,
  });
  const samples: Sample[] = [];
  const startedAt = performance.now();
  const elapsed = () => (performance.now() - startedAt) / 1000;
  const { target } = proxy;
  const arriving = load.arrive(seconds * 1000);
  let outages = 0;
  while (elapsed() < seconds) {
    await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS));
    const sample = {
      second: Math.round(elapsed()),
      ...await weigh(service),
      connections: await place.countConnections(),
      buffered: (await readBalance(kv)).buffered,
      acknowledged: load.acknowledged.size,
    };
    samples.push(sample);
    const away = elapsed() % outageEverySeconds > outageEverySeconds - outageSeconds;
    if (away && proxy.target !== null) {
      outages += 1;
      proxy.cut();
    } else if (!away) proxy.target = target;
    if (sample.second % SAY_EVERY_SECONDS === 0) say(lineOf(sample));
  }
  proxy.target = target;
  await arriving;
  await load.settle();
  const drainingAt = performance.now();
  await drainProcess(service);
  const drainMs = performance.now() - drainingAt;

  const rows = await rowsOf(database, run);
  const count = async () => {
    const [row] = await database.run((sql) =>
      sql<[{ count: number }]>`select count(*)::integer as count from event_enrichments`
    );
    return row.count;
  };
  await until(async () => await count() >= rows.size, "every event to be enriched", 120_000);
  const { accepted, stored, replays, buffered, dead_letters } = await readBalance(kv);
  return {
    ...load.report(),
    server: place.server,
    samples,
    outages,
    acknowledged: load.acknowledged.size,
    rows: rows.size,
    enrichments: await count(),
    lost: [...load.acknowledged].filter((n) => !rows.has(n)).length,
    doubled: [...rows.values()].filter((count) => count > 1).length,
    differences: [accepted - stored - replays - buffered - dead_letters, stored - rows.size],
    drainMs,
  };
}

function lineOf({ second, rss, handles, connections, buffered, acknowledged }: Sample): string {
  return `${String(second).padStart(5)} s  ${rss.toFixed().padStart(4)} MB  ${handles} handles  ` +
    `${connections} connections  ${buffered} buffered  ${acknowledged} acknowledged`;
}
