/** Kills services, Postgres or the server of KV repeatedly under load, then compares rows with acknowledgements. */

import { assertEquals, assertGreater } from "../support/assert.ts";
import { Random } from "../../src/simulate/random.ts";
import { ENRICHMENT } from "../../src/enrichment/consumer.ts";
import { readBalance } from "../../src/kv/counter.ts";
import { FLUSH_LEASE, outboxPrefix } from "../../src/kv/keys.ts";
import { LEASE_MS } from "../../src/flush/lease.ts";
import type { Database } from "../../src/store/database.ts";
import type { Denokv } from "../support/denokv.ts";
import { type KvPlace, makeKvFile } from "../support/kv.ts";
import { openKvOf } from "../support/postgres_kv.ts";
import { type LoadAudit, MixedLoad } from "../support/mixed_load.ts";
import {
  drainProcess,
  MAIN,
  type ServiceProcess,
  startProcess,
} from "../support/service_process.ts";
import { until } from "../support/until.ts";

/** What kills need: a Postgres, and a seed. */
export interface KillEnvironment {
  /** Postgres as the service reaches it. */
  readonly url: string;
  /** Postgres as the test reaches it. */
  readonly database: Database;
  /** A 32-bit integer; the same seed kills at the same moments. */
  readonly seed: number;
  readonly workers?: number;
  /** Opens the KV of the services, a file by default. */
  readonly openKv?: () => Promise<KvPlace>;
  /** Called with a line of progress after each kill. */
  readonly say?: (line: string) => void;
}

/** The comparison of rows with acknowledgements after all kills. */
export interface KillResult extends LoadAudit {
  readonly seed: number;
  /** Responses that did not acknowledge every event. */
  readonly refused: number;
  readonly iterations: number;
  /** Kills during a flush. */
  readonly duringFlush: number;
  readonly seconds: number;
}

/** Most iterations are short; some outlast the lease of a killed flusher, so that flushing resumes. */
const LONGEST_MS = 5_500;
const WORKERS = 8;
/** Most outages of KV are short. */
const LONGEST_OUTAGE_MS = 1_000;

/** What the kill of an iteration acts upon. */
interface IterationContext {
  readonly services: ServiceProcess[];
  readonly random: Random;
  readonly load: MixedLoad;
  readonly kv: Deno.Kv;
  start(): Promise<void>;
}

/** A server of KV: denokv, or PostgreSQL. */
type KilledServer = KvPlace & Pick<Denokv, "kill" | "start">;

/** What is killed, and how often. */
interface Kills {
  readonly processes: number;
  readonly iterations: number;
  readonly kill: (context: IterationContext) => Promise<void>;
  /** Whether events may be refused meanwhile, to be sent again. */
  readonly mayRefuse?: boolean;
}

/** Kills one of `processes` services on one KV with SIGKILL, `kills` times, and replaces it at once. */
export function killServices(
  environment: KillEnvironment,
  { kills, processes }: { kills: number; processes: number },
): Promise<KillResult> {
  return runIterations(environment, {
    processes,
    iterations: kills,
    async kill({ services, random, start }) {
      const [victim] = services.splice(random.whole(0, services.length - 1), 1);
      await victim?.kill("SIGKILL");
      await start();
    },
  });
}

/**
 * Kills the server of KV with SIGKILL, `kills` times, and starts it again after a moment; the service keeps
 * running.
 */
export async function killKv(
  environment: KillEnvironment,
  { kills, open }: { kills: number; open: () => Promise<KilledServer> },
): Promise<KillResult> {
  const server = await open();
  return await runIterations({ ...environment, openKv: () => Promise.resolve(server) }, {
    processes: 1,
    iterations: kills,
    mayRefuse: true,
    async kill({ random, load }) {
      await server.kill();
      await new Promise((resolve) => setTimeout(resolve, LONGEST_OUTAGE_MS * random.next() ** 4));
      await server.start();
      const before = load.acknowledged.size;
      await until(() => load.acknowledged.size > before, "events to be accepted again");
    },
  });
}

/** Calls `outage`, which stops and restarts Postgres, `outages` times; the service keeps running. */
export function killPostgres(
  environment: KillEnvironment,
  { outages, outage }: { outages: number; outage: () => Promise<void> },
): Promise<KillResult> {
  async function kill({ services, load, kv }: IterationContext): Promise<void> {
    const before = load.acknowledged.size;
    await outage();
    assertGreater(load.acknowledged.size, before, "events are accepted during the outage");
    const { stored } = await readBalance(kv);
    // Not until /readyz is "ok": that is after the whole flush, and the next outage should be during one.
    const storesAgain = async () => (await readBalance(kv)).stored > stored;
    await until(storesAgain, "the service to store events again", 60_000).catch((error) => {
      const logs = services.map(({ log }) => log()).join("\n");
      throw new Error(`The service logged:\n${logs}`, { cause: error });
    });
  }
  return runIterations(environment, { processes: 1, iterations: outages, kill });
}

async function runIterations(
  environment: KillEnvironment,
  { processes, iterations, kill, mayRefuse = false }: Kills,
): Promise<KillResult> {
  const { url, database, seed, workers = WORKERS, openKv = makeKvFile, say = () => {} } =
    environment;
  await using place = await openKv();
  const { path } = place;
  const services: ServiceProcess[] = [];
  const random = new Random(seed);
  const load = new MixedLoad({
    run: crypto.randomUUID(),
    random: new Random(seed + 1),
    workers,
    urls: () => services.map(({ url }) => url),
  });
  async function start(): Promise<void> {
    services.push(
      await startProcess(MAIN, { KV_PATH: path, DATABASE_URL: url, BATCH_TIMEOUT_MS: "200" }),
    );
  }
  const startedAt = performance.now();
  let duringFlush = 0;
  try {
    for (let i = 0; i < processes; i++) await start();
    await using opened = await openKvOf(path);
    const { kv } = opened;
    load.start();
    for (let iteration = 1; iteration <= iterations; iteration++) {
      const begunAt = Date.now();
      const ms = LONGEST_MS * random.next() ** 4;
      await new Promise((resolve) => setTimeout(resolve, ms));
      if (await isFlushing(kv, begunAt)) duringFlush += 1;
      await kill({ services, random, load, kv, start });
      say(`${iteration} of ${iterations}: ${load.acknowledged.size} events acknowledged`);
    }
    await load.stop();
    await load.finish();
    for (const service of services) await drainProcess(service);
    await waitForEnrichment(kv);
    const audit = await load.audit(database);
    await assertReconciled(kv, audit.rows);
    if (!mayRefuse) assertEquals(load.refused, [], "no client received an error");
    return {
      ...audit,
      seed,
      refused: load.refused.length,
      iterations,
      duringFlush,
      seconds: (performance.now() - startedAt) / 1000,
    };
  } finally {
    await load.stop();
    for (const service of services) await service[Symbol.asyncDispose]();
  }
}

/** Whether the lease is held and was acquired or renewed since then; a killed flusher's lease lives on. */
async function isFlushing(kv: Deno.Kv, since: number): Promise<boolean> {
  const { value } = await kv.get<{ expiresAt: number }>(FLUSH_LEASE).catch(() => ({ value: null }));
  return value !== null && value.expiresAt - LEASE_MS > since && Date.now() < value.expiresAt;
}

/** Waits until the outbox is empty, at the latest after the sweep of the service's cron. */
async function waitForEnrichment(kv: Deno.Kv): Promise<void> {
  await until(
    async () => {
      for await (const _ of kv.list({ prefix: outboxPrefix(ENRICHMENT) }, { limit: 1 })) {
        return false;
      }
      return true;
    },
    "every event to be enriched",
    120_000,
  );
}

/** Fails unless the counters in KV match the events, whatever was killed at which moment. */
async function assertReconciled(kv: Deno.Kv, rows: number): Promise<void> {
  const { accepted, stored, replays, buffered, dead_letters } = await readBalance(kv);
  assertEquals({ buffered, dead_letters, stored }, { buffered: 0, dead_letters: 0, stored: rows });
  assertEquals(accepted, stored + replays);
}

/** Fails unless every acknowledged event is stored and enriched once, and nothing else is stored. */
export function assertNothingLost(result: KillResult): void {
  const { lost, duplicated, unexpected, rows, enrichments, sessionRows, inSessions } = result;
  const message = `seed ${result.seed}; set SLUICE_SEED to reproduce`;
  assertEquals(
    { lost, duplicated, unexpected },
    { lost: [], duplicated: [], unexpected: [] },
    message,
  );
  assertEquals([enrichments, inSessions], [rows, sessionRows], message);
}
