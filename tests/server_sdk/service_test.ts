/** The SDK with the real service, Postgres and disk. */

import { assertEquals, assertMatch } from "../support/assert.ts";
import { revokeApiKey } from "../../src/api_keys/manage.ts";
import type { SluiceError } from "../../src/server_sdk/errors.ts";
import { createSluice } from "../../src/server_sdk/mod.ts";
import { createSluice as createWorkerSluice } from "../../src/server_sdk/worker.ts";
import { createKey } from "../support/api_keys.ts";
import { openTestApp } from "../support/app.ts";
import { faultyKv, noFaults } from "../support/faulty_kv.ts";
import { openTestPostgres } from "../support/postgres.ts";
import { forceFlush, serve } from "../support/server.ts";
import { until } from "../support/until.ts";

const postgres = await openTestPostgres();
const { database } = postgres;
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

interface Row {
  readonly event_type: string;
  readonly source: string;
  readonly session_id: string | null;
  readonly occurred_at: Date;
  readonly actor_id: string | null;
  readonly user_id: string | null;
  readonly creator_id: string | null;
}

async function rowsOf(run: string): Promise<Row[]> {
  return [
    ...await database.run((sql) =>
      sql<Row[]>`
        select event_type, source, session_id, occurred_at, actor_id, user_id, creator_id from events
        where props->>'run' = ${run} order by id
      `
    ),
  ];
}

/** A folder for a spool. */
async function openFolder() {
  const path = await Deno.makeTempDir({ prefix: "sluice-spool-" });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

Deno.test("each event is one row, in order, with its own time; one that is wrong is told and stops no other", async () => {
  await using app = await openTestApp(database);
  await using server = serve(app.app);
  await using folder = await openFolder();
  const run = crypto.randomUUID();
  const sessionId = crypto.randomUUID();
  for (const open of [createSluice, createWorkerSluice]) {
    const errors: SluiceError[] = [];
    const sluice = open({
      url: server.url,
      source: "system",
      onError: (error) => errors.push(error),
      spool: open === createSluice ? folder.path : false,
    });
    const occurredAt = new Date(Date.now() - 86_400_000);
    const sent = Promise.allSettled([
      sluice.track({ eventType: "job_completed", props: { run }, sessionId, occurredAt }),
      sluice.track({ eventType: "license_signed", props: { run } as never }),
      sluice.track({ eventType: "email_sent", props: { run } }),
    ]);
    const stats = await sluice.shutdown();
    const [, wrong] = await sent;
    assertEquals(wrong?.status, open === createSluice ? "fulfilled" : "rejected");
    assertEquals([stats.sent, stats.rejected, stats.queued, stats.dropped], [2, 1, 0, 0]);
    assertEquals(errors.map(({ code }) => code), ["rejected"]);
    assertMatch(errors[0]?.message ?? "", /^license_signed was rejected: .*license_id/);
    await forceFlush(app);
    const rows = (await rowsOf(run)).slice(-2);
    assertEquals(rows.map(({ event_type, source }) => [event_type, source]), [
      ["job_completed", "system"],
      ["email_sent", "system"],
    ]);
    assertEquals([rows[0]?.session_id, rows[0]?.occurred_at], [sessionId, occurredAt]);
  }
});

Deno.test("while the service cannot store, events are kept and sent again, each one row", async () => {
  const faults = noFaults();
  await using app = await openTestApp(database, {
    parts: (parts) => ({ ...parts, kv: faultyKv(parts.kv, faults) }),
  });
  await using server = serve(app.app);
  await using folder = await openFolder();
  const run = crypto.randomUUID();
  let isBroken = true;
  faults.commit = (kind) => kind === "append" && isBroken ? "fails" : null;
  const errors: SluiceError[] = [];
  const sluice = createSluice({
    url: server.url,
    spool: folder.path,
    onError: (error) => errors.push(error),
  });
  const events = Array.from({ length: 20 }, () => ({ eventType: "job_completed", props: { run } }));
  const tracked = await sluice.trackAll(events);
  assertEquals(new Set(tracked.map(({ durable }) => durable)), new Set(["spool"]));
  await until(() => errors.length > 0, "the problem to be told");
  assertMatch(errors[0]?.message ?? "", /^Events are kept: .*send it again/);
  assertEquals(sluice.stats().queued, 20);
  isBroken = false;
  await until(() => sluice.flush().then(({ queued }) => queued === 0), "all events to be sent");
  await sluice.shutdown();
  await forceFlush(app);
  assertEquals((await rowsOf(run)).length, 20);
});

Deno.test("over the rate limit, events wait and none is lost", async () => {
  await using app = await openTestApp(database, {
    environment: { RATE_LIMIT_EVENTS_PER_SECOND: "50" },
  });
  await using server = serve(app.app);
  const run = crypto.randomUUID();
  const sluice = createWorkerSluice({ url: server.url, onError: () => {} });
  const events = Array.from(
    { length: 400 },
    () => ({ eventType: "job_completed", props: { run } }),
  );
  assertEquals((await sluice.trackAll(events)).length, 400);
  const { sent, rejected, dropped } = await sluice.shutdown();
  assertEquals({ sent, rejected, dropped }, { sent: 400, rejected: 0, dropped: 0 });
  await forceFlush(app);
  assertEquals((await rowsOf(run)).length, 400);
});

Deno.test("13.2 a revoked key stops sending; its events are sent with the next one", async () => {
  await using app = await openTestApp(database, { environment: { REQUIRE_KEY: "true" } });
  await using server = serve(app.app);
  await using folder = await openFolder();
  const run = crypto.randomUUID();
  const [revoked, valid] = [await createKey(database), await createKey(database)];
  await revokeApiKey(database, revoked.id);
  for (
    const { apiKey, message } of [
      { apiKey: revoked.key, message: /^Sending has stopped: HTTP 401: .*revoked/ },
      { apiKey: undefined, message: /^Sending has stopped: HTTP 401: .*sluice_key_/ },
    ]
  ) {
    const errors: SluiceError[] = [];
    const options = { url: server.url, onError: (error: SluiceError) => errors.push(error) };
    const sluice = createSluice({ ...options, apiKey, spool: folder.path });
    await sluice.track({ eventType: "job_completed", props: { run } });
    await sluice.shutdown();
    assertEquals(errors.map(({ code, status }) => [code, status]), [["unauthorized", 401]]);
    assertMatch(errors[0]?.message ?? "", message);
    assertEquals(errors[0]?.message.includes(revoked.key), false);
  }
  const sluice = createSluice({ url: server.url, apiKey: valid.key, spool: folder.path });
  const { sent, queued } = await sluice.shutdown();
  assertEquals({ sent, queued }, { sent: 2, queued: 0 });
  await forceFlush(app);
  const rows = await rowsOf(run);
  assertEquals(rows.map((row) => row.actor_id), [valid.id, valid.id]);
});

Deno.test("13.7 royalties, payouts and mails that a server sends for a creator belong to the creator", async () => {
  await using app = await openTestApp(database);
  await using server = serve(app.app);
  await using folder = await openFolder();
  const run = crypto.randomUUID();
  const sessionId = crypto.randomUUID();
  const { id, key: apiKey } = await createKey(database, { scopes: ["ingest:as"] });
  const sluice = createSluice({ url: server.url, apiKey, spool: folder.path });
  const creator = sluice.as({ userId: "u_1", role: "CREATOR", creatorId: "c_1" });
  await creator.trackAll([
    { eventType: "royalty_calculated", props: { run } },
    { eventType: "payout_completed", props: { run, amount_cents: 4900, payment_method: "bank" } },
    { eventType: "email_sent", props: { run }, context: { sessionId, ip: "203.0.113.7" } },
  ]);
  await sluice.track({ eventType: "job_completed", props: { run } });
  assertEquals((await sluice.shutdown()).sent, 4);
  await forceFlush(app);
  const whose = (await rowsOf(run)).map((
    row,
  ) => [row.event_type, row.user_id, row.creator_id, row.session_id, row.actor_id]);
  assertEquals(whose, [
    ["royalty_calculated", "u_1", "c_1", null, id],
    ["payout_completed", "u_1", "c_1", null, id],
    ["email_sent", "u_1", "c_1", sessionId, id],
    ["job_completed", null, null, null, id],
  ]);
});

Deno.test("a spool that is removed while it is used is created again, and only this user can read it", async () => {
  await using app = await openTestApp(database);
  await using server = serve(app.app);
  await using folder = await openFolder();
  const run = crypto.randomUUID();
  const spool = `${folder.path}/a/b`;
  const errors: SluiceError[] = [];
  const sluice = createSluice({ url: server.url, spool, onError: (error) => errors.push(error) });
  await sluice.track({ eventType: "a", props: { run } });
  const own = sluice.stats().spool ?? "";
  for await (const { name } of Deno.readDir(own)) {
    assertEquals([name, ((await Deno.stat(`${own}/${name}`)).mode ?? 0) & 0o77], [name, 0]);
  }
  assertEquals(((await Deno.stat(own)).mode ?? 0) & 0o77, 0);
  await sluice.flush();
  await Deno.remove(spool, { recursive: true });
  assertEquals((await sluice.track({ eventType: "b", props: { run } })).durable, "service");
  assertEquals(errors.map(({ code }) => code), ["spool"]);
  assertEquals((await sluice.track({ eventType: "c", props: { run } })).durable, "spool");
  await sluice.shutdown();
  await forceFlush(app);
  assertEquals((await rowsOf(run)).map((row) => row.event_type), ["a", "b", "c"]);
});

Deno.test("where the spool cannot be created, events are in memory, and that is told", async () => {
  await using app = await openTestApp(database);
  await using server = serve(app.app);
  await using folder = await openFolder();
  await Deno.writeTextFile(`${folder.path}/file`, "");
  const errors: SluiceError[] = [];
  const sluice = createSluice({
    url: server.url,
    spool: `${folder.path}/file/spool`,
    onError: (error) => errors.push(error),
  });
  assertEquals((await sluice.track({ eventType: "a" })).durable, "service");
  assertEquals((await sluice.shutdown()).sent, 1);
  assertEquals([...new Set(errors.map(({ code }) => code))], ["spool"]);
});
