/**
 * Writes the KV, in a file and in PostgreSQL, and the database of this code into `fixtures/`, under the name
 * given, else `next`: between two releases, what is new since the last one. Fixtures of releases are never
 * written again.
 *
 * Run it with the oldest Deno that is supported, 2.5: newer ones read its values, and not the other way
 * round. Needs the programs of a PostgreSQL server.
 */

import { openCluster } from "../support/cluster.ts";
import { openKvServer, openTestPostgresKv } from "../support/postgres_kv.ts";
import { openTestKv } from "../support/kv.ts";
import { openDatabase, PLACES, writeFixture } from "./fixtures.ts";
import { dumpSql } from "./postgres_kv_text.ts";
import { playScenario } from "./scenario.ts";

const [name = "next"] = Deno.args;
await using cluster = await openCluster();
await using kvServer = await openKvServer();
const OPEN = { file: openTestKv, postgres: () => openTestPostgresKv(kvServer) };
for (const place of PLACES) {
  await using database = await openDatabase(cluster.url, "");
  await playScenario({ place, database, openKv: OPEN[place] }, async (kv, sent) => {
    await writeFixture({ name, place, kv, database: await dumpSql(cluster.url), sent });
  });
}
