/** Who may read the service's files, and what they still contain of a caller. */

import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { openTestApp } from "./support/app.ts";
import { assertEquals, assertGreater } from "./support/assert.ts";
import { until } from "./support/until.ts";
import { keysUnder } from "./support/kv.ts";
import { openTestPostgres } from "./support/postgres.ts";
import { forceFlush } from "./support/server.ts";
import { startProcess } from "./support/service_process.ts";
import { makePrivateFolder, makePrivateIfExists } from "../src/private_files.ts";

const postgres = await openTestPostgres();
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

const WITHOUT_UMASK = fileURLToPath(new URL("support/without_umask.ts", import.meta.url));
const NAMES = ["", "kv.sqlite3", "kv.sqlite3-wal", "kv.sqlite3-shm", "postgres"];
const PRIVATE = ["700", "600", "600", "600", "700"];

async function permissions(path: string): Promise<string> {
  const { mode } = await Deno.stat(path);
  return ((mode ?? 0) & 0o777).toString(8);
}

Deno.test("7.18 only the service's user may read its data, whatever the umask is, old files included", async () => {
  const folder = await Deno.makeTempDir({ prefix: "sluice-private-" });
  const paths = NAMES.map((name) => join(folder, "data", name));
  try {
    for (const round of ["new files", "old files"]) {
      await using service = await startProcess(WITHOUT_UMASK, {
        DATA_DIR: join(folder, "data"),
        DATABASE_URL: "",
      });
      const headers = { "content-type": "application/json" };
      const body = JSON.stringify({ eventType: "x" });
      const response = await fetch(`${service.url}/v1/events`, { method: "POST", headers, body });
      assertEquals(await response.json(), { eventId: null, tracked: true });
      assertEquals(await Promise.all(paths.map(permissions)), PRIVATE, round);
      await service.kill("SIGKILL");
      for (const path of paths) await Deno.chmod(path, path.includes("kv.") ? 0o666 : 0o755);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a folder that everyone shares keeps its permissions, as the working directory does", async () => {
  const shared = await Deno.makeTempDir({ prefix: "sluice-shared-" });
  try {
    await Deno.chmod(shared, 0o1777);
    await makePrivateFolder(shared);
    assertEquals(await permissions(shared), "777");
    const before = await permissions(".");
    await makePrivateFolder(".");
    assertEquals(await permissions("."), before);
  } finally {
    await Deno.remove(shared, { recursive: true });
  }
});

/** How often a text occurs in the files of a KV. */
async function countIn(kvPath: string, text: string): Promise<number> {
  let count = 0;
  for (const path of [kvPath, `${kvPath}-wal`]) {
    const bytes = await Deno.readFile(path).catch(() => new Uint8Array());
    count += new TextDecoder("latin1").decode(bytes).split(text).length - 1;
  }
  return count;
}

Deno.test("7.4 an address is deleted from KV after enrichment, and gone from its file after a vacuum", async () => {
  const folder = await Deno.makeTempDir({ prefix: "sluice-vacuum-" });
  try {
    const copy = join(folder, "kv.sqlite3");
    const address = "198.51.100.77";
    {
      await using app = await openTestApp(postgres.database, {
        environment: { TRUST_PROXY: "1" },
      });
      await (await app.post("/v1/events", { eventType: "x" }, { "x-forwarded-for": address }))
        .text();
      await forceFlush(app);
      await app.app.everyMinute();
      await until(async () => (await keysUnder(app.kv, "outbox")).length === 0, "enrichment");
      // What SECURITY.md says: deleted is not overwritten.
      assertGreater(await countIn(app.kvPath, address), 0);
      for (const end of ["", "-wal"]) await Deno.copyFile(app.kvPath + end, copy + end);
    }
    const database = new DatabaseSync(copy);
    database.exec("vacuum");
    database.exec("pragma wal_checkpoint(truncate)");
    database.close();
    assertEquals(await countIn(copy, address), 0);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a file that another process removes meanwhile is none to be made private", async () => {
  const folder = await Deno.makeTempDir({ prefix: "sluice-private-" });
  const path = join(folder, "kv.sqlite3-shm");
  let isDone = false;
  async function comeAndGo(): Promise<void> {
    while (!isDone) {
      await Deno.writeTextFile(path, "", { mode: 0o644 });
      await Deno.remove(path);
    }
  }
  const other = comeAndGo();
  try {
    for (let round = 0; round < 2_000; round += 1) await makePrivateIfExists(path);
  } finally {
    isDone = true;
    await other;
    await Deno.remove(folder, { recursive: true });
  }
});
