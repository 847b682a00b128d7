/** Enrichment with each of its triggers, in the whole application. */

import { ENRICHMENT } from "../../src/enrichment/consumer.ts";
import { outboxPrefix } from "../../src/kv/keys.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { openTestApp, type TestApp } from "../support/app.ts";
import { faultyKv, noFaults } from "../support/faulty_kv.ts";
import { keysUnder } from "../support/kv.ts";
import { openTestPostgres } from "../support/postgres.ts";
import { asAdmin } from "../support/server.ts";
import { until } from "../support/until.ts";

const postgres = await openTestPostgres();
const { database } = postgres;
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

const FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0";

async function track(
  sluice: TestApp,
  sessionId: string,
  beforeFlush: () => void = () => {},
): Promise<void> {
  const events = Array.from({ length: 10 }, (_, i) => ({
    eventType: "page_viewed",
    sessionId,
    idempotencyKey: crypto.randomUUID(),
    props: { i },
    attribution: { referrer: "https://www.google.com/", landingPage: "https://shop.example/" },
  }));
  const response = await sluice.post("/v1/events/batch", { events }, { "user-agent": FIREFOX });
  assertEquals((await response.json()).successful, 10);
  beforeFlush();
  const path = "/api/trpc/eventIngestion.forceFlush";
  await (await sluice.post(path, {}, await asAdmin(sluice))).body?.cancel();
}

/** Reads the results of enrichment for a session, without values that differ between runs. */
async function readResults(sessionId: string) {
  const rows = await database.run((sql) =>
    sql`
      select browser, os, device_type, is_bot, channel, referrer_host, entity_status
      from enriched_events where session_id = ${sessionId} and enriched_at is not null
    `
  );
  const [session] = await database.run((sql) =>
    sql`
      select event_count, visits, entry_url, browser from sessions where id = ${sessionId}
    `
  );
  return { rows: [...rows], session };
}

async function enrichWith(environment: Record<string, string>) {
  await using sluice = await openTestApp(database, { environment });
  sluice.app.start();
  const sessionId = crypto.randomUUID();
  await track(sluice, sessionId);
  await until(
    async () => (await readResults(sessionId)).rows.length === 10,
    "10 enrichments",
  );
  await until(
    async () => (await keysUnder(sluice.kv, ...outboxPrefix(ENRICHMENT))).length === 0,
    "an empty outbox",
  );
  return await readResults(sessionId);
}

Deno.test("KV_QUEUES=off gives the same rows as on and auto, right after the flush", async () => {
  const on = await enrichWith({ KV_QUEUES: "on" });
  assertEquals(on.rows[0], {
    browser: "Firefox",
    os: "Linux",
    device_type: "desktop",
    is_bot: true, // without accept-language
    channel: "organic_search",
    referrer_host: "google.com",
    entity_status: "none",
  });
  assertEquals(await enrichWith({ KV_QUEUES: "off" }), on);
  assertEquals(await enrichWith({ KV_QUEUES: "auto" }), on);
});

Deno.test("7.9 events stored while enrichment was off are enriched once it is on", async () => {
  await using off = await openTestApp(database, { environment: { ENABLE_ENRICHMENT: "false" } });
  off.app.start();
  const sessionId = crypto.randomUUID();
  await track(off, sessionId);
  await off.app.everyMinute();
  assertEquals((await readResults(sessionId)).rows, []);
  await using on = await openTestApp(database, { parts: (parts) => ({ ...parts, kv: off.kv }) });
  on.app.start();
  await until(async () => (await readResults(sessionId)).rows.length === 10, "10 enrichments");
  const { session } = await readResults(sessionId);
  assert(session);
  assertEquals([session["event_count"], session["visits"]], ["10", 1]);
});

Deno.test("7.8 a crash between the insert and the delete from the outbox counts nothing twice", async () => {
  const faults = noFaults();
  await using sluice = await openTestApp(database, {
    parts: (parts) => ({ ...parts, kv: faultyKv(parts.kv, faults) }),
  });
  const sessionId = crypto.randomUUID();
  // After the flush no delete succeeds: enrichments are written, but their records stay.
  await track(sluice, sessionId, () => {
    let commits = 0;
    faults.commit = () => commits++ < 3 ? null : "fails"; // acquire the lease, flush, release the lease
  });
  await until(async () => (await readResults(sessionId)).rows.length === 10, "10 enrichments");
  assertEquals((await keysUnder(sluice.kv, ...outboxPrefix(ENRICHMENT))).length, 1);
  faults.commit = () => null;
  await using successor = await openTestApp(database, {
    parts: (parts) => ({ ...parts, kv: sluice.kv }),
  });
  successor.app.start();
  await until(
    async () => (await keysUnder(sluice.kv, ...outboxPrefix(ENRICHMENT))).length === 0,
    "an empty outbox",
  );
  const { session } = await readResults(sessionId);
  assertEquals([session?.["event_count"], session?.["visits"]], ["10", 1]);
});

Deno.test("cron enriches records whose notification was lost", async () => {
  await using sluice = await openTestApp(database, { environment: { KV_QUEUES: "on" } });
  const sessionId = crypto.randomUUID();
  await track(sluice, sessionId); // notifies, but the application is not started and does not listen
  const later = {
    now: () => Date.now() + 10_000,
    monotonic: () => performance.now(),
    after: () => () => {},
    sleep: () => Promise.resolve(),
  };
  await using other = await openTestApp(database, {
    environment: { KV_QUEUES: "on" },
    parts: (parts) => ({ ...parts, kv: sluice.kv, clock: later }),
  });
  await other.app.everyMinute();
  await until(async () => (await readResults(sessionId)).rows.length === 10, "10 enrichments");
});
