/** Hundreds of kills of one service, of one of several on one KV, of Postgres and of the server of KV. */

import { Database } from "../../src/store/database.ts";
import { killKv, killPostgres, type KillResult, killServices } from "../crash/iterations.ts";
import { openCluster } from "../support/cluster.ts";
import { openDenokv } from "../support/denokv.ts";
import { openKvServer } from "../support/postgres_kv.ts";
import type { KvKind } from "./environment.ts";

/** What is killed: one service, either of two on one KV, one of four, Postgres, or the server of KV. */
export const VICTIMS = ["one", "either", "four", "postgres", "kv"] as const;

/** One of `VICTIMS`. */
export type Victim = typeof VICTIMS[number];

/** What is killed unless it is named: four services on one file would mostly wait for one another. */
export const DEFAULT_VICTIMS: Readonly<Record<KvKind, readonly Victim[]>> = {
  file: ["one", "either", "postgres"],
  denokv: ["one", "either", "four", "kv"],
  postgres: ["one", "either", "four", "kv"],
};

/** Options of `kill`. */
export interface KillOptions {
  readonly victims: readonly Victim[];
  readonly kv: KvKind;
  readonly kills: number;
  /** A 32-bit integer; the same seed kills at the same moments. */
  readonly seed: number;
  readonly say: (line: string) => void;
}

/** The kills of one victim, and their result. */
export interface KillReport extends KillResult {
  readonly victim: string;
}

const NAMES: Readonly<Record<Victim, string>> = {
  one: "one service",
  either: "either of two",
  four: "one of four",
  postgres: "Postgres",
  kv: "the server of KV",
};

const SERVERS = { denokv: openDenokv, postgres: openKvServer };

const PROCESSES = { one: 1, either: 2, four: 4 };

/** Kills the victims one after the other, all on a PostgreSQL server of its own. */
export async function kill({ victims, kv, kills, seed, say }: KillOptions): Promise<KillReport[]> {
  await using cluster = await openCluster();
  const { url } = cluster;
  await using database = new Database({ url, deadlineMs: 300_000 });
  const environment = {
    url,
    database,
    seed,
    say,
    ...(kv === "file" ? {} : { openKv: SERVERS[kv] }),
  };
  async function outage(): Promise<void> {
    await cluster.stopImmediately();
    await cluster.start();
  }
  const reports: KillReport[] = [];
  function add(report: KillReport): void {
    reports.push(report);
    const { victim, acknowledged, lost, duplicated } = report;
    say(
      `${victim}: ${acknowledged} acknowledged, ${lost.length} lost, ${duplicated.length} duplicated`,
    );
  }
  for (const victim of victims) {
    say(`killing ${NAMES[victim]} ${kills} times, seed ${seed}`);
    add({ victim: NAMES[victim], ...await killVictim(victim) });
  }
  return reports;

  async function killVictim(victim: Victim): Promise<KillResult> {
    if (victim === "postgres") return await killPostgres(environment, { outages: kills, outage });
    if (victim === "kv") {
      return await killKv(environment, {
        kills,
        open: SERVERS[kv === "file" ? "denokv" : kv],
      });
    }
    return await killServices(environment, { kills, processes: PROCESSES[victim] });
  }
}
