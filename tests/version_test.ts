import { openTestApp } from "./support/app.ts";
import { assertEquals, assertStringIncludes } from "./support/assert.ts";
import { openClosedDatabase } from "./support/server.ts";
import { MAIN, startProcess } from "./support/service_process.ts";
import { VERSION } from "../src/version.ts";

Deno.test("the version is that of deno.json, at /livez and /metrics", async () => {
  const { version } = JSON.parse(
    await Deno.readTextFile(new URL("../deno.json", import.meta.url)),
  );
  assertEquals(VERSION, version);
  await using database = openClosedDatabase();
  await using app = await openTestApp(database);
  assertEquals(await (await app.get("/livez")).json(), { status: "ok", version });
  const metrics = await (await app.get("/metrics")).text();
  assertStringIncludes(metrics, `\nsluice_build_info{version="${version}"} 1\n`);
});

Deno.test("the version is in the first line of the log", async () => {
  const folder = await Deno.makeTempDir({ prefix: "sluice-version-" });
  try {
    await using service = await startProcess(MAIN, {
      KV_PATH: `${folder}/kv.sqlite3`,
      DATABASE_URL: "postgres://localhost:1/none",
    });
    const [first = ""] = service.log().split("\n");
    const { message, properties } = JSON.parse(first);
    assertEquals(message, `Sluice ${VERSION} is starting`);
    assertEquals(properties, { version: VERSION });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
