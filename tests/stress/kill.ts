/** Hundreds of kills: of one service, of either of two on one KV, and of Postgres. */

import { Database } from "../../src/store/database.ts";
import { killPostgres, type KillReport2, killServices } from "../crash/iterations.ts";
import { openCluster } from "../support/cluster.ts";

/** What can be killed: one service, either of two on one KV, Postgres. */
export const VICTIMS = ["one", "either", "postgres"] as const;

/** One of them. */
export type Victim = typeof VICTIMS[number];

/** What a run of kills is made of. */
export interface KillOptions {
  readonly victims: readonly Victim[];
  readonly kills: number;
  /** A whole number of 32 bits. */
  readonly seed: number;
  readonly say: (line: string) => void;
}

/** What was killed, and what came of it. */
export interface KillReport extends KillReport2 {
  readonly what: string;
}

const NAMES: Readonly<Record<Victim, string>> = {
  one: "one service",
  either: "either of two",
  postgres: "Postgres",
};

/** Kills each, one after the other, on a server of its own. */
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
  function tell(report: KillReport): void {
    reports.push(report);
    const { what, acknowledged, lost, doubled } = report;
    say(`${what}: ${acknowledged} acknowledged, ${lost.length} lost, ${doubled.length} doubled`);
  }
  for (const victim of victims) {
    say(`${NAMES[victim]}, ${kills} times, seed ${seed}`);
    const report = victim === "postgres"
      ? await killPostgres(environment, { outages: kills, outage })
      : await killServices(environment, { kills, processes: victim === "one" ? 1 : 2 });
    tell({ what: NAMES[victim], ...report });
  }
  return reports;
}
