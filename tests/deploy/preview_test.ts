/** Timelines of Deno Deploy other than production, without a database of their own (contract 11.13). */

import { countBuffered } from "../../src/kv/counter.ts";
import { Database } from "../../src/store/database.ts";
import { openTestApp } from "../support/app.ts";
import { assertEquals, assertLess, assertStringIncludes } from "../support/assert.ts";
import { openTestPostgres } from "../support/postgres.ts";
import { openTestKv } from "../support/kv.ts";
import { until } from "../support/until.ts";
import { openStandIn } from "../support/denokv.ts";
import { deployConfig, runCommand, startIsolate } from "./deploy_support.ts";

const MISSING = "DATABASE_URL is not set in the context of this timeline";

Deno.test("11.13 without DATABASE_URL a preview says what is missing and buffers, and stores everything once it is set", async () => {
  await using opened = await openTestKv();
  const shared = { ...opened, [Symbol.asyncDispose]: () => Promise.resolve() };
  const openKv = () => Promise.resolve(shared);
  const run = `preview_${crypto.randomUUID()}`;
  {
    await using database = new Database({ url: null });
    await using preview = await openTestApp(database, { openKv });
    const started = preview.app.start();
    const response = await preview.post("/v1/events", { eventType: run });
    assertEquals(await response.json(), { eventId: null, tracked: true });
    await until(async () => {
      const readyz = await preview.get("/readyz");
      const text = await readyz.text();
      return readyz.status === 503 && text.includes("degraded") && text.includes(MISSING);
    }, "/readyz to say what is missing");
    await preview.app.drain(4_000);
    await started;
  }
  assertEquals(await countBuffered(opened.kv), 1);
  await using postgres = await openTestPostgres();
  await using later = await openTestApp(postgres.database, { openKv });
  await later.app.start();
  const rows = await postgres.database.run((sql) =>
    sql`select 1 from events where event_type = ${run}`
  );
  assertEquals([await countBuffered(opened.kv), rows.length], [0, 1]);
});

Deno.test("11.13 the pre-deploy command succeeds for a preview without DATABASE_URL, and fails for production", async () => {
  const preview = await runCommand(deployConfig.predeploy, {
    DENO_DEPLOY: "true",
    DENO_TIMELINE: "git-branch/feature",
  });
  assertEquals(preview.code, 0, preview.output);
  assertStringIncludes(preview.output, MISSING);
  const production = await runCommand(deployConfig.predeploy, {
    DENO_DEPLOY: "true",
    DENO_TIMELINE: "production",
  });
  assertEquals(production.code, 1, production.output);
  assertStringIncludes(production.output, "DATABASE_URL is not set");
});

Deno.test("11.13 an isolate of a preview without DATABASE_URL starts, writes no files, and stops in time", async () => {
  await using kv = await openStandIn();
  const cwd = await Deno.makeTempDir({ prefix: "sluice-preview-" });
  await using isolate = await startIsolate({
    deno: Deno.execPath(),
    kv: kv.path,
    cwd,
    timeline: "preview/9f3a77c1",
    environment: {},
  });
  await until(async () => {
    const readyz = await fetch(`${isolate.url}/readyz`);
    return (await readyz.text()).includes(MISSING) && readyz.status === 503;
  }, "/readyz to say what is missing");
  const response = await fetch(`${isolate.url}/v1/events`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ eventType: "page_viewed", props: { path: "/" } }),
  });
  assertEquals(await response.json(), { eventId: null, tracked: true });
  const { code, signal, ms } = await isolate.stop();
  assertEquals([code, signal], [0, null], isolate.log());
  assertLess(ms, 5_000);
  assertEquals(await Array.fromAsync(Deno.readDir(cwd)), []);
  await Deno.remove(cwd);
});
