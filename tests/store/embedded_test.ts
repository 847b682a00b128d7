import { fileURLToPath } from "node:url";
import { Database } from "../../src/store/database.ts";
import { startEmbedded } from "../../src/store/embedded.ts";
import { assertEquals } from "../support/assert.ts";

const CRASH = fileURLToPath(new URL("./embedded_crash.ts", import.meta.url));

async function countRows(folder: string): Promise<number | undefined> {
  await using embedded = await startEmbedded({ folder });
  await using database = new Database({ url: embedded.url });
  const rows = await database.run((sql) =>
    sql<{ count: number }[]>`select count(*)::integer as count from kept`
  );
  return rows[0]?.count;
}

Deno.test("the embedded Postgres keeps committed rows through kill -9 and through a clean stop", async () => {
  const folder = await Deno.makeTempDir({ prefix: "sluice-embedded-" });
  try {
    const { signal } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", CRASH, folder],
      stdin: "null",
      stdout: "null",
    }).output();
    assertEquals(signal, "SIGKILL");
    assertEquals(await countRows(folder), 100, "after kill -9");
    assertEquals(await countRows(folder), 100, "after a clean stop");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
