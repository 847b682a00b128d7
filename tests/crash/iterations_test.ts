/**
 * `SLUICE_KILLS` is the number of kills per test (20); `SLUICE_SEED` repeats a run with the same moments.
 * `deno task stress kill` does hundreds.
 */

import { assertGreater } from "../support/assert.ts";
import { openCluster, serverPrograms } from "../support/cluster.ts";
import { openKvServer } from "../support/postgres_kv.ts";
import { openTestPostgres } from "../support/postgres.ts";
import { Database } from "../../src/store/database.ts";
import { openKvConnect } from "../support/denokv.ts";
import {
  assertNothingLost,
  killKv,
  killPostgres,
  type KillResult,
  killServices,
} from "./iterations.ts";
import { ON_KV_POSTGRES, SKIP_KV_POSTGRES, SKIP_LONG_KV_POSTGRES } from "./kv_postgres.ts";
import { ON_KV_CONNECT, SKIP_KV_CONNECT } from "./kv_connect.ts";

const kills = Number(Deno.env.get("SLUICE_KILLS") ?? 20);
const seed = Number(Deno.env.get("SLUICE_SEED") ?? crypto.getRandomValues(new Uint32Array(1))[0]);

/** Fewer, as killing Postgres takes longer. */
const outages = Math.ceil(kills / 5);

/** Few, as most code is the same as on a file; `deno task stress kill --kv denokv` does hundreds. */
const remoteKills = Math.ceil(kills / 10);

const postgres = await openTestPostgres();
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

function check(result: KillResult): void {
  const { iterations, duringFlush, acknowledged, seconds } = result;
  Deno.stdout.writeSync(new TextEncoder().encode(
    `seed ${seed}: ${iterations} kills (${duringFlush} during a flush), ${acknowledged} events ` +
      `acknowledged, ${seconds.toFixed()} s\n`,
  ));
  assertNothingLost(result);
  assertGreater(acknowledged, iterations * 20);
}

Deno.test(`2.1 killed ${kills} times at random under load: nothing is lost or duplicated`, async () => {
  check(await killServices({ ...postgres, seed }, { kills, processes: 1 }));
});

Deno.test(`2.1 two processes on one KV, either killed ${kills} times: nothing is lost or duplicated`, async () => {
  check(await killServices({ ...postgres, seed }, { kills, processes: 2 }));
});

Deno.test({
  name:
    `2.1 PostgreSQL killed ${outages} times: nothing is lost or duplicated (needs its server programs)`,
  ignore: serverPrograms() === null,
  async fn() {
    await using cluster = await openCluster();
    await using database = new Database({ url: cluster.url });
    const { url } = cluster;
    async function outage(): Promise<void> {
      await cluster.stopImmediately();
      await cluster.start();
    }
    check(await killPostgres({ url, database, seed }, { outages, outage }));
  },
});

for (
  const [what, processes] of [
    ["one service", 1],
    ["one of four processes", 4],
  ] as const
) {
  Deno.test({
    name: `2.1 ${what} killed ${remoteKills} times: nothing is lost or duplicated${ON_KV_CONNECT}`,
    ignore: SKIP_KV_CONNECT,
    async fn() {
      const environment = { ...postgres, seed, openKv: openKvConnect };
      check(await killServices(environment, { kills: remoteKills, processes }));
    },
  });
}

Deno.test({
  name: `2.1 the KV killed ${remoteKills} times: nothing is lost or duplicated${ON_KV_CONNECT}`,
  ignore: SKIP_KV_CONNECT,
  async fn() {
    check(await killKv({ ...postgres, seed }, { kills: remoteKills, open: openKvConnect }));
  },
});

Deno.test({
  name:
    `2.1 one of four processes killed ${remoteKills} times: nothing is lost or duplicated${ON_KV_POSTGRES}`,
  ignore: SKIP_LONG_KV_POSTGRES,
  async fn() {
    const environment = { ...postgres, seed, openKv: openKvServer };
    check(await killServices(environment, { kills: remoteKills, processes: 4 }));
  },
});

Deno.test({
  name: `2.1 the KV killed ${remoteKills} times: nothing is lost or duplicated${ON_KV_POSTGRES}`,
  ignore: SKIP_KV_POSTGRES,
  async fn() {
    const server = { kills: remoteKills, open: openKvServer };
    check(await killKv({ ...postgres, seed }, server));
  },
});
