/** Kills what serves, again and again under load, and compares in the end what was promised with what is there. */

import { assert, assertEquals } from "../support/assert.ts";
import { Random } from "../../src/simulate/random.ts";
import { KIND } from "../../src/enrichment/outbox.ts";
import { readBalance } from "../../src/kv/counter.ts";
import { FLUSH_LEASE, outbox } from "../../src/kv/keys.ts";
import { LEASE_MS } from "../../src/flush/lease.ts";
import type { Database } from "../../src/store/database.ts";
import { type Account, MixedLoad } from "../support/mixed_load.ts";
import {
  drainProcess,
  MAIN,
  type ServiceProcess,
  startProcess,
} from "../support/service_process.ts";
import { until } from "../support/until.ts";

/** What iterations are about. */
export interface KillOptions2 {
  /** Postgres as the service reaches it. */
  readonly url: string;
  /** Postgres as the test reaches it. */
  readonly database: Database;
  /** A whole number of 32 bits; the same seed kills at the same moments. */
  readonly seed: number;
  readonly workers?: number;
  /** Told what goes on. */
  readonly say?: (line: string) => void;
}

/** What came of them. */
export interface KillReport2 extends Account {
  readonly seed: number;
  readonly iterations: number;
  /** Rounds in which a flush was under way when the kill came. */
  readonly duringFlush: number;
  readonly seconds: number;
}

/** Most iterations are short; some are longer than the lease of a killed flusher, so that flushes go on. */
const LONGEST_MS = 5_500;
const WORKERS = 8;

/** What a iteration acts upon. */
interface ScenarioContext {
  readonly services: ServiceProcess[];
  readonly random: Random;
  readonly load: MixedLoad;
  start(): Promise<void>;
}

/** Kills one of `processes` services on one KV with SIGKILL, `kills` times, each replaced at once. */
export function killServices(
  environment: KillOptions2,
  { kills, processes }: { kills: number; processes: number },
): Promise<KillReport2> {
  return runIterations(environment, processes, kills, async ({ services, random, start }) => {
    const [victim] = services.splice(random.whole(0, services.length - 1), 1);
    await victim?.kill("SIGKILL");
    await start();
  });
}

/** Ends and restarts Postgres by `outage`, `outages` times; the service is never touched. */
export function killPostgres(
  environment: KillOptions2,
  { outages, outage }: { outages: number; outage: () => Promise<void> },
): Promise<KillReport2> {
  return runIterations(environment, 1, outages, async ({ services, load }) => {
    const before = load.acknowledged.size;
    await outage();
    assert(load.acknowledged.size > before, "events are taken while Postgres is away");
    const [service] = services;
    if (service === undefined) return;
    let health = "";
    async function isReady(): Promise<boolean> {
      health = await (await fetch(`${service?.url}/readyz`)).text();
      return JSON.parse(health).status === "ok";
    }
    await until(isReady, "the service to find Postgres again", 60_000).catch((error) => {
      throw new Error(`/readyz says ${health}; the service wrote:\n${service.log()}`, {
        cause: error,
      });
    });
  });
}

async function runIterations(
  environment: KillOptions2,
  processes: number,
  iterations: number,
  strike: (scene: ScenarioContext) => Promise<void>,
): Promise<KillReport2> {
  const { url, database, seed, workers = WORKERS, say = () => {} } = environment;
  const folder = await Deno.makeTempDir({ prefix: "sluice-iterations-" });
  const path = `${folder}/kv.sqlite3`;
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
    using kv = await Deno.openKv(path);
    load.start();
    for (let iteration = 1; iteration <= iterations; iteration++) {
      const begunAt = Date.now();
      const ms = LONGEST_MS * random.next() ** 4;
      await new Promise((resolve) => setTimeout(resolve, ms));
      if (await isFlushing(kv, begunAt)) duringFlush += 1;
      await strike({ services, random, load, start });
      say(`${iteration} of ${iterations}: ${load.acknowledged.size} events acknowledged`);
    }
    await load.stop();
    await load.finish();
    for (const service of services) await drainProcess(service);
    await enriched(kv);
    const account = await load.account(database);
    await assertReconciled(kv, account.rows);
    assertEquals(load.refused, [], "no client sees an error");
    return {
      ...account,
      seed,
      iterations,
      duringFlush,
      seconds: (performance.now() - startedAt) / 1000,
    };
  } finally {
    await load.stop();
    for (const service of services) await service[Symbol.asyncDispose]();
    await Deno.remove(folder, { recursive: true });
  }
}

/** Whether somebody holds the lease who took or renewed it since; a dead flusher's holds for a while, too. */
async function isFlushing(kv: Deno.Kv, since: number): Promise<boolean> {
  const { value } = await kv.get<{ expiresAt: number }>(FLUSH_LEASE).catch(() => ({ value: null }));
  return value !== null && value.expiresAt - LEASE_MS > since && Date.now() < value.expiresAt;
}

/** Waits until enrichment is through; at the longest until the service's cron has looked after it. */
async function enriched(kv: Deno.Kv): Promise<void> {
  await until(
    async () => {
      for await (const _ of kv.list({ prefix: outbox(KIND) }, { limit: 1 })) return false;
      return true;
    },
    "every event to be enriched",
    120_000,
  );
}

/** Whoever was killed whenever, the accounts in KV moved with the events. */
async function assertReconciled(kv: Deno.Kv, rows: number): Promise<void> {
  const { accepted, stored, replays, buffered, dead_letters } = await readBalance(kv);
  assertEquals({ buffered, dead_letters, stored }, { buffered: 0, dead_letters: 0, stored: rows });
  assertEquals(accepted, stored + replays);
}

/** Fails unless every event that was promised is there, each once and nothing else. */
export function assertWhole(report: KillReport2): void {
  const { lost, doubled, strange, rows, enrichments, inSessions } = report;
  const what = `seed ${report.seed}: set SLUICE_SEED to it to see this again`;
  assertEquals({ lost, doubled, strange }, { lost: [], doubled: [], strange: [] }, what);
  assertEquals({ enrichments, inSessions }, { enrichments: rows, inSessions: rows }, what);
}
