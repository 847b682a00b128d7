/**
 * `SLUICE_KILLS` is how often each is killed (20), `SLUICE_SEED` makes it happen at the same moments
 * again. `deno task stress kill` does the same in hundreds.
 */

import { assert } from "../support/assert.ts";
import { openCluster, serverPrograms } from "../support/cluster.ts";
import { openTestPostgres } from "../support/postgres.ts";
import { Database } from "../../src/store/database.ts";
import { assertWhole, killPostgres, type KillReport2, killServices } from "./iterations.ts";

const kills = Number(Deno.env.get("SLUICE_KILLS") ?? 20);
const seed = Number(Deno.env.get("SLUICE_SEED") ?? crypto.getRandomValues(new Uint32Array(1))[0]);

/** Postgres takes longer to kill than a process. */
const outages = Math.ceil(kills / 5);

const postgres = await openTestPostgres();
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

function judge(report: KillReport2): void {
  const { iterations, duringFlush, acknowledged, seconds } = report;
  Deno.stdout.writeSync(new TextEncoder().encode(
    `seed ${seed}: ${iterations} kills (${duringFlush} during a flush), ${acknowledged} events ` +
      `acknowledged, ${seconds.toFixed()} s\n`,
  ));
  assertWhole(report);
  assert(acknowledged > iterations * 20, `only ${acknowledged} acknowledged`);
}

Deno.test(`2.1 killed ${kills} times at random under load, nothing is lost or doubled`, async () => {
  judge(await killServices({ ...postgres, seed }, { kills, processes: 1 }));
});

Deno.test(`2.1 two processes on one KV, either killed ${kills} times, nothing is lost or doubled`, async () => {
  judge(await killServices({ ...postgres, seed }, { kills, processes: 2 }));
});

Deno.test({
  name: `2.1 PostgreSQL stopped as by a power cut ${outages} times (needs its server programs)`,
  ignore: serverPrograms() === null,
  async fn() {
    await using cluster = await openCluster();
    await using database = new Database({ url: cluster.url });
    const { url } = cluster;
    async function outage(): Promise<void> {
      await cluster.stopImmediately();
      await cluster.start();
    }
    judge(await killPostgres({ url, database, seed }, { outages, outage }));
  },
});
