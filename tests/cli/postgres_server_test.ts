/** The PostgreSQL that `deno task cluster --kv postgres` starts for its buffer. */

import postgres from "postgres";
import { findServerPrograms, startPostgresServer } from "../../src/cli/postgres_server.ts";
import { assertEquals, assertRejects } from "../support/assert.ts";
import { findUnprivilegedUser, giveTo } from "../support/unprivileged.ts";

const programs = findServerPrograms() ?? "";

Deno.test({
  name: "the server for the buffer keeps its data, also where the last one was left running",
  ignore: programs === "",
  async fn() {
    const folder = await Deno.makeTempDir({ prefix: "sluice-server-" });
    const user = findUnprivilegedUser() ?? undefined;
    await giveTo(user ?? null, folder);
    const options = { folder, programs, ...(user === undefined ? {} : { user }) };
    const left = await startPostgresServer(options);
    await query(left.path, "create table kept as select 7 as n");
    {
      await using server = await startPostgresServer(options);
      assertEquals(await query(server.path, "select n from kept"), [{ n: 7 }]);
      await assertRejects(() => query(left.path, "select 1"));
    }
    await Deno.remove(folder, { recursive: true });
  },
});

async function query(url: string, statement: string): Promise<Record<string, unknown>[]> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    return [...await sql.unsafe(statement)];
  } finally {
    await sql.end();
  }
}
