/** Commits a hundred rows to an embedded Postgres, one by one, and kills itself. */

import { Database } from "../../src/store/database.ts";
import { startEmbedded } from "../../src/store/embedded.ts";

if (import.meta.main) {
  const { url } = await startEmbedded({ folder: Deno.args[0] ?? "" });
  const database = new Database({ url });
  await database.run((sql) => sql`create table kept (n integer)`);
  for (let n = 0; n < 100; n++) await database.run((sql) => sql`insert into kept values (${n})`);
  Deno.kill(Deno.pid, "SIGKILL");
}
