/** Restarts the processes of a cluster one after the other under load: no request may notice. */

import { readBalance } from "../../src/kv/counter.ts";
import { Database } from "../../src/store/database.ts";
import { rowsOf } from "../support/load.ts";
import {
  drainProcess,
  MAIN,
  type ServiceProcess,
  startProcess,
} from "../support/service_process.ts";
import { openKvOf } from "../support/postgres_kv.ts";
import { until } from "../support/until.ts";
import { openBalancer } from "./balancer_thread.ts";
import { type KvKind, openKvPlace, openPostgres } from "./environment.ts";
import { type LoadReport, OpenLoad } from "./open_load.ts";

/** How a process is ended: asked to stop, or killed. */
export const ENDINGS = ["SIGTERM", "SIGKILL"] as const;

/** Options of `roll`. */
export interface RollingOptions {
  readonly processes: number;
  readonly restarts: number;
  readonly eventsPerSecond: number;
  readonly kv: KvKind;
  readonly ending: typeof ENDINGS[number];
  /** `SHUTDOWN_GRACE_SECONDS`: in that time the load balancer has to notice. */
  readonly graceSeconds: number;
  readonly say: (line: string) => void;
}

/** The measurements of a rolling restart. */
export interface RollingReport {
  readonly ending: typeof ENDINGS[number];
  readonly restarts: number;
  /** How the processes ended: exit codes, or signals. */
  readonly endings: readonly string[];
  readonly seconds: number;
  readonly clients: LoadReport;
  readonly acknowledged: number;
  readonly rows: number;
  readonly enrichments: number;
  /** Acknowledged events without a row. */
  readonly lost: number;
  readonly duplicated: number;
  /** accepted − stored − replays − buffered − dead letters, and stored − rows. */
  readonly differences: readonly [number, number];
}

const CONNECTIONS = 1_000;
/** Load before the first restart and after the last one. */
const CALM_MS = 1_000;

/** Runs the load and the restarts, drains, then compares rows with acknowledgements. */
export async function roll(options: RollingOptions): Promise<RollingReport> {
  const { processes, restarts, eventsPerSecond, ending, say } = options;
  await using opened = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir({ prefix: "sluice-rolling-" });
  opened.defer(() => Deno.remove(folder, { recursive: true }));
  const { url } = opened.use(await openPostgres());
  const database = opened.use(new Database({ url, deadlineMs: 300_000 }));
  const { path: kvPath } = opened.use(await openKvPlace(options.kv, folder));
  const balancer = opened.use(await openBalancer());
  const settings = {
    KV_PATH: kvPath,
    DATABASE_URL: url,
    TRUST_PROXY: "1",
    SHUTDOWN_GRACE_SECONDS: String(options.graceSeconds),
  };
  const fleet: ServiceProcess[] = [];
  async function join(): Promise<void> {
    const process = opened.use(await startProcess(MAIN, settings));
    fleet.push(process);
    balancer.add(process.url);
  }
  await Promise.all(Array.from({ length: processes }, join));

  const run = crypto.randomUUID();
  const load = new OpenLoad({
    url: `http://127.0.0.1:${balancer.port}`,
    run,
    eventsPerSecond,
    inBatches: 0.3,
    connections: CONNECTIONS,
    clientTimeoutMs: Infinity,
  });
  const startedAt = performance.now();
  const stop = new AbortController();
  const sending = load.startClients(Infinity, stop.signal);
  await pause(CALM_MS);
  const endings: string[] = [];
  for (let restart = 0; restart < restarts; restart += 1) {
    const oldest = fleet.shift();
    if (oldest === undefined) throw new Error("There is no process to restart");
    const [{ code, signal }] = await Promise.all([oldest.kill(ending), join()]);
    balancer.remove(oldest.url);
    endings.push(signal ?? String(code));
    say(`${restart + 1} of ${restarts} restarted, ${load.acknowledged.size} events acknowledged`);
  }
  await pause(CALM_MS);
  stop.abort();
  await sending;
  await load.settle();
  const seconds = (performance.now() - startedAt) / 1000;

  say("comparing rows with acknowledged events");
  for (const process of fleet) await drainProcess(process);
  const counted = await until(
    async () => {
      const counted = await count(database);
      return counted.enrichments >= counted.rows ? counted : null;
    },
    "every event to be enriched",
    120_000,
  );
  const rows = await rowsOf(database, run);
  await using buffer = await openKvOf(kvPath);
  const { accepted, stored, replays, buffered, dead_letters } = await readBalance(buffer.kv);
  return {
    ending,
    restarts,
    endings,
    seconds,
    clients: load.report(),
    acknowledged: load.acknowledged.size,
    ...counted,
    lost: [...load.acknowledged].filter((n) => !rows.has(n)).length,
    duplicated: [...rows.values()].filter((count) => count > 1).length,
    differences: [accepted - stored - replays - buffered - dead_letters, stored - counted.rows],
  };
}

async function count(database: Database): Promise<{ rows: number; enrichments: number }> {
  const [found] = await database.run((sql) =>
    sql<[{ rows: number; enrichments: number }]>`
      select
        (select count(*) from events)::integer as rows,
        (select count(*) from event_enrichments)::integer as enrichments
    `
  );
  return found;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
