/** A long time at a steady rate, with Postgres away now and then: nothing may grow, everything must be there. */

import { readBalance } from "../../src/kv/counter.ts";
import { rowsOf } from "../support/load.ts";
import { drainProcess } from "../support/service_process.ts";
import { until } from "../support/until.ts";
import { LoadGenerator } from "../bench/load/control.ts";
import { EVENTS_PER_REQUEST } from "../bench/load/requests.ts";
import type { LoadResult } from "../bench/load/types.ts";
import type { Database } from "../../src/store/database.ts";
import { type LoadReport, OpenLoad } from "./open_load.ts";
import { openPlace, weigh, type Weight } from "./environment.ts";

/** What a soak is made of. */
export interface SoakOptions {
  readonly seconds: number;
  /** At most 1,000 of them come from clients of all sorts, the others in batches from one process. */
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
  readonly accepted: number;
}

/** What came of it. */
export interface SoakReport {
  readonly server: string;
  /** The rate that was asked for. */
  readonly eventsPerSecond: number;
  readonly seconds: number;
  readonly samples: readonly Sample[];
  readonly outages: number;
  /** Clients of all sorts. */
  readonly clients: LoadReport;
  /** The rest of the load; `null` where there is none. */
  readonly bulk: LoadResult | null;
  readonly acknowledged: number;
  readonly rows: number;
  readonly enrichments: number;
  /** Acknowledged and no row. */
  readonly lost: number;
  readonly doubled: number;
  /** accepted − stored − replays − buffered − dead letters, and stored − rows. */
  readonly differences: readonly [number, number];
  /** Milliseconds until the buffer was empty after the end. */
  readonly drainMs: number;
}

const MAX_BY_CLIENTS = 1_000;
/** Enough to send on while answers take a second: of clients, and of the one process. */
const CONNECTIONS = { clients: 1_024, bulk: 256 } as const;
/** Room for what comes while Postgres is away: a soak is no overload. */
const MAX_BUFFERED_EVENTS = "1000000";
const SAMPLE_MS = 1_000;
const SAY_EVERY_SECONDS = 15;

/** Runs one. */
export async function soak(options: SoakOptions): Promise<SoakReport> {
  const { seconds, eventsPerSecond, outageEverySeconds, outageSeconds, say } = options;
  await using place = await openPlace({ MAX_BUFFERED_EVENTS });
  const { service, proxy, database, kvPath } = place;
  using kv = await Deno.openKv(kvPath);
  const run = crypto.randomUUID();
  const byClients = Math.min(eventsPerSecond, MAX_BY_CLIENTS);
  await using generator = eventsPerSecond === byClients ? null : new LoadGenerator();
  const load = new OpenLoad({
    url: service.url,
    run,
    eventsPerSecond: byClients,
    inBatches: 0.5,
    connections: CONNECTIONS.clients,
    giveUpAfterMs: Infinity,
  });
  const samples: Sample[] = [];
  const startedAt = performance.now();
  const elapsed = () => (performance.now() - startedAt) / 1000;
  const { target } = proxy;
  const arriving = load.arrive(seconds * 1000);
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
      ...await weigh(service),
      connections: await place.countConnections(),
      buffered,
      accepted,
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
  const bulk = await loading ?? null;
  const drainingAt = performance.now();
  const lasted = elapsed();
  await drainProcess(service);
  const drainMs = performance.now() - drainingAt;

  say("Comparing what was acknowledged with what is there");
  const found = await countRows(database);
  const enriched = () => countEnrichments(database);
  await until(async () => await enriched() >= found.rows, "every event to be enriched", 120_000);
  const rows = await rowsOf(database, run);
  const inBulk = found.rows - sum(rows.values());
  const { accepted, stored, replays, buffered, dead_letters } = await readBalance(kv);
  return {
    server: place.server,
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
      Math.max(0, (bulk?.accepted ?? 0) - (inBulk - found.twins)),
    doubled: [...rows.values()].filter((count) => count > 1).length + found.twins,
    differences: [accepted - stored - replays - buffered - dead_letters, stored - found.rows],
    drainMs,
  };
}

/** Rows, and those that are the twin of another: no session has two events of one type in the bulk. */
async function countRows(database: Database): Promise<{ rows: number; twins: number }> {
  const [found] = await database.run((sql) =>
    sql.begin(async (tx) => {
      await tx`set local work_mem = '1GB'`;
      return await tx<[{ rows: number; twins: number }]>`
        select
          (select count(*) from events)::integer as rows,
          (select coalesce(sum(events - 1), 0) from (
            select count(*) as events from events where not props ? 'run'
            group by session_id, event_type
          ) as same)::integer as twins
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
