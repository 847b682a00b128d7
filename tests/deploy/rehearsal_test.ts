/**
 * The service as Deno Deploy runs it: KV 90 ms away and without a path or queues, several isolates started
 * at once on an empty database, no V8 flags, another working folder, SIGINT after idling. The platform
 * gives all permissions; here there is none to write, run or load anything, so that nothing relies on them.
 */

import { countBuffered } from "../../src/kv/counter.ts";
import { Database } from "../../src/store/database.ts";
import { assertEquals, assertLess } from "../support/assert.ts";
import { openConnectedKv, openStandIn } from "../support/denokv.ts";
import { findProgram } from "../../src/cli/find_program.ts";
import { audit, newSentEvents, send, sendMany } from "../support/load.ts";
import { openEmptyDatabase } from "../support/postgres.ts";
import { until } from "../support/until.ts";
import { deployConfig, type Isolate, runCommand, startIsolate } from "./deploy_support.ts";

const ISOLATES = 3;
const EVENTS = 60;
const AWAY = { delayMs: 90, maxChecks: 100 };

async function rehearse(deno: string): Promise<void> {
  await using kv = await openStandIn(AWAY);
  const cwd = await Deno.makeTempDir({ prefix: "sluice-deploy-" });
  await using postgres = await openEmptyDatabase();
  const { url } = postgres;
  const environment = { DATABASE_URL: url, BATCH_SIZE: "10000", BATCH_TIMEOUT_MS: "60000" };
  const options = { deno, kv: kv.path, cwd, timeline: "production", environment };
  await using isolates = new AsyncDisposableStack();
  const started = await Promise.all(
    Array.from({ length: ISOLATES }, async () => isolates.use(await startIsolate(options))),
  );
  const run = crypto.randomUUID();
  const sent = newSentEvents();
  const [first, second, third] = started as [Isolate, Isolate, Isolate];
  // Before the migrations are applied, and after. Until then nothing is stored but at the start.
  await sendMany(first.url, run, [0, 20], sent);
  await until(async () => {
    const answers = await Promise.all(started.map(({ url }) => fetch(`${url}/readyz`)));
    await Promise.all(answers.map((answer) => answer.body?.cancel()));
    return answers.every(({ ok }) => ok);
  }, "all isolates to be ready");
  await sendMany(second.url, run, [20, 40], sent);
  await sendMany(third.url, run, [40, EVENTS], sent);
  // A client that sends again what was answered, to another isolate, with the same keys.
  for (const n of [0, 3, 21]) await send(third.url, run, n, sent);
  assertEquals([sent.acknowledged.size, sent.refused.length], [EVENTS, 0], first.log());
  const ends = await Promise.all(started.map((isolate) => isolate.stop()));
  const logs = started.map((isolate) => isolate.log()).join("\n");
  assertEquals(ends.map(({ code, signal }) => [code, signal]), ends.map(() => [0, null]), logs);
  for (const { ms } of ends) assertLess(ms, 5_000);
  await using database = new Database({ url });
  assertEquals(await audit(database, run, sent), { lost: [], duplicated: [] });
  const [enriched] = await database.run((sql) =>
    sql<{ n: number }[]>`select count(*)::int as n from event_enrichments`
  );
  assertEquals(enriched?.n, EVENTS, logs);
  assertEquals(logs.match(/Applied migrations/g)?.length, 1, logs);
  await using opened = await openConnectedKv(kv);
  assertEquals(await countBuffered(opened.kv), 0);
  assertEquals(await Array.fromAsync(Deno.readDir(cwd)), []);
  const { code, output } = await runCommand(deployConfig.predeploy, {
    DENO_DEPLOY: "true",
    DENO_TIMELINE: "production",
    DATABASE_URL: url,
  });
  assertEquals([code, output.includes("No migrations to apply.")], [0, true], output);
  await Deno.remove(cwd);
}

Deno.test("8.1 2.1 on Deno Deploy isolates that start and stop together store and enrich each event once", async () => {
  await rehearse(Deno.execPath());
});

const platform = findProgram("deno-of-deploy", "DEPLOY_DENO", []);

Deno.test({
  name: "8.1 2.1 so they do in the version of Deno there (needs DEPLOY_DENO)",
  ignore: platform === null,
  fn: () => rehearse(platform ?? ""),
});
