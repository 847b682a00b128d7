/**
 * Writes the KV and the database of this code into `fixtures/`, under the name given, else `next`: between
 * two releases, what is new since the last one. Fixtures of releases are never written again.
 *
 * Run it with the oldest Deno that is supported, 2.5: newer ones read its values, and not the other way
 * round. Needs the programs of a PostgreSQL server.
 */

import { MIGRATIONS } from "../../src/service.ts";
import { Database } from "../../src/store/database.ts";
import { migrate, readMigrations } from "../../src/store/migrate.ts";
import { openCluster, serverPrograms } from "../support/cluster.ts";
import { writeFixture } from "./fixtures.ts";
import { playScenario } from "./scenario.ts";

const [name = "next"] = Deno.args;
await using cluster = await openCluster();
await using database = new Database({ url: cluster.url, recycle: false });
await migrate(database, await readMigrations(MIGRATIONS));
await playScenario(database, async (kv, sent) => {
  await writeFixture({ name, kv, database: await dumpDatabase(cluster.url), sent });
});

/** As SQL that every client can run, on every version that is supported. */
async function dumpDatabase(url: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(`${serverPrograms()}/pg_dump`, {
    args: ["--inserts", "--no-owner", "--no-privileges", url],
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(`pg_dump: ${decoder.decode(stderr)}`);
  return decoder.decode(stdout).replace(/^(?:--.*|\\.*|set transaction_timeout.*|)\n/gim, "");
}
