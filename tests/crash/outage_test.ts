import { startEmbedded } from "../../src/store/embedded.ts";
import { Database } from "../../src/store/database.ts";
import { assertEquals, assertNotEquals, assertStringIncludes } from "../support/assert.ts";
import { audit, newSentEvents, sendMany } from "../support/load.ts";
import {
  drainProcess,
  MAIN,
  type ServiceProcess,
  startProcess,
} from "../support/service_process.ts";
import { TcpProxy } from "../support/tcp_proxy.ts";
import { until } from "../support/until.ts";

const portOf = (url: string) => Number(new URL(url).port);

async function readiness(service: ServiceProcess): Promise<{ status: string; postgres: string }> {
  const response = await fetch(`${service.url}/readyz`);
  return await response.json();
}

Deno.test("8.6 Postgres unavailable at startup, then restarted twice under load: nothing is lost or duplicated", async () => {
  const folder = await Deno.makeTempDir({ prefix: "sluice-outage-" });
  try {
    const data = { folder: `${folder}/postgres` };
    let embedded = await startEmbedded(data);
    await using proxy = new TcpProxy(portOf(embedded.url));
    proxy.cut();

    await using service = await startProcess(MAIN, {
      KV_PATH: `${folder}/kv.sqlite3`,
      DATABASE_URL: proxy.through(embedded.url),
      BATCH_TIMEOUT_MS: "200",
    });
    const run = crypto.randomUUID();
    const sent = newSentEvents();
    await sendMany(service.url, run, [0, 300], sent);
    const unavailable = await readiness(service);
    assertEquals(unavailable.status, "degraded");
    assertNotEquals(unavailable.postgres, "ok");

    proxy.target = portOf(embedded.url);
    await until(
      async () => (await readiness(service)).status === "ok",
      "the service to connect to Postgres",
    );
    for (let outage = 1; outage <= 2; outage++) {
      const from = outage * 1_000_000;
      const stop = new AbortController();
      const load = sendMany(service.url, run, [from, from + 999_999], sent, 8, stop.signal);
      const before = sent.acknowledged.size;
      await until(() => sent.acknowledged.size > before + 300, "events while Postgres is up");
      proxy.cut();
      await embedded[Symbol.asyncDispose]();
      const during = sent.acknowledged.size;
      await until(() => sent.acknowledged.size > during + 300, "events during the outage");
      embedded = await startEmbedded(data);
      proxy.target = portOf(embedded.url);
      stop.abort();
      await load;
    }
    await drainProcess(service);

    assertEquals(sent.refused, [], "no client received an error");
    assertEquals([...sent.unanswered], []);
    await using database = new Database({ url: embedded.url });
    assertEquals(await audit(database, run, sent), { lost: [], duplicated: [] });
    assertStringIncludes(service.log(), "unavailable");
    await service.kill("SIGTERM");
    await embedded[Symbol.asyncDispose]();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test({
  name: "connections terminated by the administrator of a real server: nothing is lost",
  ignore: !Deno.env.has("TEST_DATABASE_URL"),
  async fn() {
    const { openTestPostgres } = await import("../support/postgres.ts");
    const folder = await Deno.makeTempDir({ prefix: "sluice-outage-" });
    await using postgres = await openTestPostgres();
    await using service = await startProcess(MAIN, {
      KV_PATH: `${folder}/kv.sqlite3`,
      DATABASE_URL: postgres.url,
      BATCH_SIZE: "20",
    });
    const run = crypto.randomUUID();
    const sent = newSentEvents();
    const stop = new AbortController();
    const load = sendMany(service.url, run, [0, 100_000], sent, 8, stop.signal);
    for (let kill = 1; kill <= 20; kill++) {
      await until(() => sent.acknowledged.size > kill * 100, "events between terminations");
      await postgres.database.run((sql) =>
        sql`
          select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and pid <> pg_backend_pid()
            and application_name = 'sluice' and query like '%jsonb_%'
        `
      );
    }
    stop.abort();
    await load;
    await drainProcess(service);
    assertEquals(sent.refused, []);
    assertEquals(await audit(postgres.database, run, sent), { lost: [], duplicated: [] });
    await service.kill("SIGTERM");
    await Deno.remove(folder, { recursive: true });
  },
});
