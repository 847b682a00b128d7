/** Sends at a steady rate for a long time, with outages of Postgres: nothing may grow or get lost. */

import { readBalance } from "../../src/kv/counter.ts";
import { rowsOf } from "../support/load.ts";
import { drainProcess } from "../support/service_process.ts";
import { until } from "../support/until.ts";
import { LoadGenerator } from "../bench/load/control.ts";
import { EVENTS_PER_REQUEST } from "../bench/load/requests.ts";
import type { LoadResult } from "../bench/load/types.ts";
import type { Database } from "../../src/store/database.ts";
import { type LoadReport, OpenLoad } from "./open_load.ts";
import { openKvOf } from "../support/postgres_kv.ts";
import { type KvKind, measureProcess, openEnvironment, type ProcessUsage } from "./environment.ts";

/** Options of `soak`. */
export interface SoakOptions {
  readonly kv: KvKind;
  readonly seconds: number;
  /** At most 1,000 of them come from mixed clients, the rest in batches from one process. */
  readonly eventsPerSecond: number;
  /** Interval and duration of the outages of Postgres. */
  readonly outageEverySeconds: number;
  readonly outageSeconds: number;
  readonly say: (line: string) => void;
}

/** A sample of the service. */
export interface Sample extends ProcessUsage {
  readonly second: number;
  readonly connections: number;
  readonly buffered: number;
  readonly accepted: number;
}

/** The measurements of a soak. */
export interface SoakReport {
  readonly server: string;
  /** The requested rate. */
  readonly eventsPerSecond: number;
  readonly seconds: number;
  readonly samples: readonly Sample[];
  readonly outages: number;
  /** Mixed clients: single events and batches. */
  readonly clients: LoadReport;
  /** The rest of the load; `null`: there is none. */
  readonly bulk: LoadResult | null;
  readonly acknowledged: number;
  readonly rows: number;
  readonly enrichments: number;
  /** Acknowledged events without a row. */
  readonly lost: number;
  readonly duplicated: number;
  /** accepted − stored − replays − buffered − dead letters, and stored − rows. */
  readonly differences: readonly [number, number];
  /** Milliseconds to drain the buffer after the end. */
  readonly drainMs: number;
}

const MAX_BY_CLIENTS = 1_000;
/** Enough to keep the rate while responses take a second. */
const CONNECTIONS = { clients: 1_024, bulk: 256 } as const;
/** Enough for an outage: a soak is not an overload. */
const MAX_BUFFERED_EVENTS = "1000000";
const SAMPLE_MS = 1_000;
const SAY_EVERY_SECONDS = 15;

/** Runs the load and the outages, drains, then compares rows with acknowledgements. */
export async function soak(options: SoakOptions): Promise<SoakReport> {
  const { seconds, eventsPerSecond, outageEverySeconds, outageSeconds, say } = options;
  await using environment = await openEnvironment({ MAX_BUFFERED_EVENTS }, options.kv);
  const { service, proxy, database, kvPath } = environment;
  await using buffer = await openKvOf(kvPath);
  const { kv } = buffer;
  const run = crypto.randomUUID();
  const byClients = Math.min(eventsPerSecond, MAX_BY_CLIENTS);
  await using generator = eventsPerSecond === byClients ? null : new LoadGenerator();
  const load = new OpenLoad({
    url: service.url,
    run,
    eventsPerSecond: byClients,
    inBatches: 0.5,
    connections: CONNECTIONS.clients,
    clientTimeoutMs: Infinity,
  });
  const samples: Sample[] = [];
  const startedAt = performance.now();
  const elapsed = () => (performance.now() - startedAt) / 1000;
  const { target } = proxy;
  const clientsStarted = load.startClients(seconds * 1000);
  const loading = generator?.attempt({
    port: Number(new URL(service.url).port),
    route: "trackBatch",
    connections: CONNECTIONS.bulk,
    rate: (eventsPerSecond - byClients) / EVENTS_PER_REQUEST.trackBatch,
    seconds,
  });
  let outages = 0;
  while (elapsed() < seconds) {
    await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS));
    const { accepted, buffered } = await readBalance(kv);
    const sample = {
      second: Math.round(elapsed()),
      ...await measureProcess(service),
      connections: await environment.countConnections(),
      buffered,
      accepted,
    };
    samples.push(sample);
    const isOutage = elapsed() % outageEverySeconds > outageEverySeconds - outageSeconds;
    if (isOutage && proxy.target !== null) {
      outages += 1;
      proxy.cut();
    } else if (!isOutage) proxy.target = target;
    if (sample.second % SAY_EVERY_SECONDS === 0) say(lineOf(sample));
  }
  proxy.target = target;
  await clientsStarted;
  await load.settle();
  const bulk = await loading ?? null;
  const drainingAt = performance.now();
  const lasted = elapsed();
  await drainProcess(service);
  const drainMs = performance.now() - drainingAt;

  say("comparing rows with acknowledged events");
  const found = await countRows(database);
  const enriched = () => countEnrichments(database);
  await until(async () => await enriched() >= found.rows, "every event to be enriched", 120_000);
  const rows = await rowsOf(database, run);
  const inBulk = found.rows - sum(rows.values());
  const { accepted, stored, replays, buffered, dead_letters } = await readBalance(kv);
  return {
    server: environment.server,
    eventsPerSecond,
    seconds: lasted,
    samples,
    outages,
    clients: load.report(),
    bulk,
    acknowledged: load.acknowledged.size + (bulk?.accepted ?? 0),
    rows: found.rows,
    enrichments: await enriched(),
    lost: [...load.acknowledged].filter((n) => !rows.has(n)).length +
      Math.max(0, (bulk?.accepted ?? 0) - (inBulk - found.duplicates)),
    duplicated: [...rows.values()].filter((count) => count > 1).length + found.duplicates,
    differences: [accepted - stored - replays - buffered - dead_letters, stored - found.rows],
    drainMs,
  };
}

/** Counts rows, and duplicates in the bulk load, whose sessions never repeat an event type. */
async function countRows(database: Database): Promise<{ rows: number; duplicates: number }> {
  const [found] = await database.run((sql) =>
    sql.begin(async (tx) => {
      await tx`set local work_mem = '1GB'`;
      return await tx<[{ rows: number; duplicates: number }]>`
        select
          (select count(*) from events)::integer as rows,
          (select coalesce(sum(events - 1), 0) from (
            select count(*) as events from events where not props ? 'run'
            group by session_id, event_type
          ) as same)::integer as duplicates
      `;
    })
  );
  return found;
}

async function countEnrichments(database: Database): Promise<number> {
  const [found] = await database.run((sql) =>
    sql<[{ count: number }]>`select count(*)::integer as count from event_enrichments`
  );
  return found.count;
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

function lineOf({ second, rss, handles, connections, buffered, accepted }: Sample): string {
  return `${String(second).padStart(5)} s  ${rss.toFixed().padStart(4)} MB  ${handles} handles  ` +
    `${connections} connections  ${buffered} buffered  ${accepted} accepted`;
}
