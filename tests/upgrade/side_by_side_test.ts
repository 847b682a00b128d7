/** Two releases as processes on one KV and one database, under load: side by side, up and down again. */

import { assertEquals } from "../support/assert.ts";
import { makeKvFile } from "../support/kv.ts";
import { openTestPostgres } from "../support/postgres.ts";
import {
  drainProcess,
  MAIN,
  type ServiceProcess,
  startProcess,
} from "../support/service_process.ts";
import { until } from "../support/until.ts";
import { checkOutRelease, makeNextRelease } from "./releases.ts";

const FORMER = Deno.env.get("SLUICE_UPGRADE_FROM");
const EVENTS_A_STEP = 60;

/** Sends events, each again until it is stored, by any of the processes that run. */
async function send(processes: readonly ServiceProcess[], run: string): Promise<void> {
  const keys = Array.from({ length: EVENTS_A_STEP }, () => crypto.randomUUID());
  await Promise.all(keys.map(async (idempotencyKey, i) => {
    const body = JSON.stringify({ eventType: "page_viewed", idempotencyKey, props: { run, i } });
    let attempt = i;
    await until(async () => {
      const { url } = processes[attempt++ % processes.length] ?? { url: "" };
      const response = await fetch(`${url}/v1/events`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body,
      }).catch(() => null);
      return (await response?.json())?.tracked === true;
    }, "an event to be stored");
  }));
}

/** @param migration that the next release is expected to apply */
async function goUpAndDown(former: string, next: string, migration?: string): Promise<void> {
  await using postgres = await openTestPostgres();
  await using kv = await makeKvFile();
  const run = crypto.randomUUID();
  const start = (main: string) =>
    startProcess(main, { DATABASE_URL: postgres.url, KV_PATH: kv.path });
  await using old = await start(former);
  await send([old], run);
  await using updated = await start(next);
  await send([old, updated], run); // side by side
  await old.kill("SIGKILL");
  await using restarted = await start(former); // in the middle of the upgrade
  await send([restarted, updated], run);
  await restarted.kill("SIGTERM");
  await send([updated], run);
  await updated.kill("SIGKILL"); // with events in the buffer
  await using back = await start(former);
  await send([back], run);
  await drainProcess(back);
  const health = await (await fetch(`${back.url}/readyz`)).json();
  assertEquals(health.postgres, "ok", Deno.inspect(health));
  const migrations = await postgres.database.run((sql) =>
    sql<{ name: string }[]>`select name from schema_migrations order by version desc limit 1`
  );
  if (migration !== undefined) assertEquals(migrations[0]?.name, migration);
  const counts = await until(async () => {
    const [row] = await postgres.database.run((sql) =>
      sql`
        select count(*)::integer as rows, count(distinct idempotency_key)::integer as keys,
          count(enriched_at)::integer as enriched,
          (select count(*)::integer from dead_letters) as dead
        from enriched_events where props->>'run' = ${run}
      `
    );
    return row?.["enriched"] === row?.["rows"] ? row : undefined;
  }, "the enrichments");
  const all = 5 * EVENTS_A_STEP;
  assertEquals({ ...counts }, { rows: all, keys: all, enriched: all, dead: 0 });
}

Deno.test("7.25 this release and one with a further migration share KV and database, up and down, killed and restarted", async () => {
  await using next = await makeNextRelease();
  await goUpAndDown(MAIN, next.main, "0099_next.sql");
});

Deno.test({
  name:
    "the release of SLUICE_UPGRADE_FROM (a git ref; skipped without it) and this one, up and down",
  ignore: FORMER === undefined,
  async fn() {
    await using former = await checkOutRelease(FORMER ?? "HEAD");
    await goUpAndDown(former.main, MAIN);
  },
});
