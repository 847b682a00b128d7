/** Hundreds of kills of one service, of either of two on one KV, and of Postgres. */

import { Database } from "../../src/store/database.ts";
import { killPostgres, type KillResult, killServices } from "../crash/iterations.ts";
import { openCluster } from "../support/cluster.ts";

/** What is killed: one service, either of two on one KV, or Postgres. */
export const VICTIMS = ["one", "either", "postgres"] as const;

/** One of `VICTIMS`. */
export type Victim = typeof VICTIMS[number];

/** Options of `kill`. */
export interface KillOptions {
  readonly victims: readonly Victim[];
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
  postgres: "Postgres",
};

/** Kills the victims one after the other, all on a PostgreSQL server of its own. */
export async function kill({ victims, kills, seed, say }: KillOptions): Promise<KillReport[]> {
  await using cluster = await openCluster();
  const { url } = cluster;
  await using database = new Database({ url, deadlineMs: 300_000 });
  const environment = { url, database, seed, say };
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
    const report = victim === "postgres"
      ? await killPostgres(environment, { outages: kills, outage })
      : await killServices(environment, { kills, processes: victim === "one" ? 1 : 2 });
    add({ victim: NAMES[victim], ...report });
  }
  return reports;
}
