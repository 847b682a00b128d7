/** What a process knows about keys while Postgres works, fails, hangs and comes back. */

import { KnownKeys } from "../../src/api_keys/known_keys.ts";
import { hashKey, makeKey } from "../../src/api_keys/format.ts";
import type { KeyRequest } from "../../src/api_keys/manage.ts";
import type { StoredApiKey } from "../../src/store/api_keys.ts";
import type { Database, Sql } from "../../src/store/database.ts";
import { API_KEYS } from "../../src/kv/keys.ts";
import type { Kv } from "../../src/kv/port.ts";
import { parseLine } from "../../src/events/line.ts";
import { bufferedLines } from "../support/buffer.ts";
import { createKey, randomBytes } from "../support/api_keys.ts";
import { openTestApp, type TestApp } from "../support/app.ts";
import { assertEquals, assertGreater, assertLess } from "../support/assert.ts";
import { FakeClock } from "../support/clock.ts";
import { openTestKv } from "../support/kv.ts";
import { newId } from "../support/ids.ts";
import { captureLogs } from "../support/logs.ts";
import { openTestPostgres } from "../support/postgres.ts";
import { answerOf, openClosedDatabase } from "../support/server.ts";
import { until } from "../support/until.ts";

const postgres = await openTestPostgres();
const { database } = postgres;
const closed = openClosedDatabase();
Deno.test.afterAll(async () => {
  await closed[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
});

/** A table of keys that fails and hangs on demand, and counts its reads. */
class FakeTable {
  rows: StoredApiKey[] = [];
  state: "works" | "fails" | "hangs" = "works";
  reads = 0;
  writes = 0;
  #hanging = Promise.withResolvers<void>();

  database: Pick<Database, "run"> = {
    run: async <T>(work: (sql: Sql) => Promise<T>): Promise<T> => {
      if (work.name === "readApiKeys") this.reads += 1;
      else this.writes += 1;
      if (this.state === "hangs") await this.#hanging.promise;
      if (this.state === "fails") throw new Error("no connection");
      return structuredClone(this.rows) as T;
    },
  };

  add(row: Partial<StoredApiKey> = {}): string {
    const key = makeKey(randomBytes);
    this.rows.push({
      id: newId(),
      name: "billing",
      hash: hashKey(key),
      scopes: "ingest",
      events_per_second: null,
      is_revoked: false,
      ...row,
    });
    return key;
  }

  revoke(): void {
    this.rows = this.rows.map((row) => ({ ...row, is_revoked: true }));
  }

  release(): void {
    this.#hanging.resolve();
    this.#hanging = Promise.withResolvers();
  }
}

async function open() {
  const opened = await openTestKv();
  const clock = new FakeClock();
  const table = new FakeTable();
  const start = () => new KnownKeys({ database: table.database, kv: opened.kv, clock });
  let keys = start();
  return {
    kv: opened.kv,
    clock,
    table,
    identify: (key: string) => keys.identify(key),
    /** The kind of the result, or the reason. */
    async say(key: string): Promise<string> {
      const result = await clock.during(keys.identify(key));
      return result.kind === "key_refused" ? result.reason : result.kind;
    },
    async restart() {
      const { state } = table;
      table.state = "works";
      await keys.close();
      table.state = state;
      keys = start();
    },
    writeUses: () => keys.writeUses(),
    async [Symbol.asyncDispose]() {
      table.state = "works";
      table.release();
      await keys.close();
      await opened[Symbol.asyncDispose]();
    },
  };
}

Deno.test("13.5 nothing is read before a key is used, and then at most every two seconds", async () => {
  await using opened = await open();
  const { clock, table, say } = opened;
  const key = table.add();
  assertEquals(table.reads, 0);
  for (let n = 0; n < 50; n++) assertEquals(await say(key), "key");
  assertEquals(table.reads, 1);
  await clock.advance(1_000);
  await say(key);
  assertEquals(table.reads, 1);
  for (let second = 0; second < 20; second++) {
    await clock.advance(1_000);
    for (let n = 0; n < 5; n++) await say(key);
  }
  assertLess(table.reads, 13);
  assertGreater(table.reads, 8);
});

Deno.test("13.5 a key that was just created is known at once", async () => {
  await using opened = await open();
  const { clock, table, say } = opened;
  await say(table.add());
  await clock.advance(600);
  const since = clock.monotonic();
  assertEquals(await say(table.add()), "key");
  assertLess(clock.monotonic() - since, 100);
  await clock.advance(1);
  assertEquals(await say(table.add()), "key");
  assertLess(clock.monotonic() - since, 700);
});

Deno.test("13.5 a revoked key is refused within seconds while it is used, at once after a pause", async () => {
  await using opened = await open();
  const { clock, table, say } = opened;
  const key = table.add();
  await say(key);
  table.revoke();
  await clock.advance(2_000);
  await say(key); // begins a read
  assertEquals(await say(key), "revoked");
  table.rows = table.rows.map((row) => ({ ...row, is_revoked: false }));
  await clock.advance(2_000);
  await say(key);
  assertEquals(await say(key), "key");
  table.revoke();
  await clock.advance(60_000);
  assertEquals(await say(key), "revoked");
});

Deno.test("13.5 forged keys cause no more than two reads a second, and do not slow down others", async () => {
  await using opened = await open();
  const { clock, table, say } = opened;
  const key = table.add();
  await say(key);
  const reads = table.reads;
  const since = clock.monotonic();
  const forged = Array.from({ length: 300 }, () => opened.identify(makeKey(randomBytes)));
  assertEquals((await opened.identify(key)).kind, "key");
  const results = await clock.during(Promise.all(forged));
  const reasons = results.map((result) => result.kind === "key_refused" && result.reason);
  assertEquals([...new Set(reasons)], ["unknown"]);
  for (let n = 0; n < 20; n++) assertEquals(await say(makeKey(randomBytes)), "unknown");
  const seconds = (clock.monotonic() - since) / 1000;
  assertLess(table.reads - reads, 2 * seconds + 2);
});

Deno.test("13.5 a key that is known as unknown is refused without another read", async () => {
  await using opened = await open();
  const { table, say } = opened;
  await say(table.add());
  const forged = makeKey(randomBytes);
  assertEquals(await say(forged), "unknown");
  const { reads } = table;
  for (let n = 0; n < 20; n++) assertEquals(await say(forged), "unknown");
  assertEquals(table.reads, reads);
});

for (const state of ["fails", "hangs"] as const) {
  Deno.test(`13.5 while Postgres ${state} known keys stay in use, revoked ones refused, others unverified`, async () => {
    await using logs = await captureLogs();
    await using opened = await open();
    const { clock, table, say } = opened;
    const [key, revoked] = [table.add(), table.add({ is_revoked: true })];
    await say(key);
    table.state = state;
    await clock.advance(60_000);
    const added = table.add();
    assertEquals([await say(key), await say(revoked), await say(added)], [
      "key",
      "revoked",
      "unverified",
    ]);
    const since = clock.monotonic();
    assertEquals([await say(key), await say(added)], ["key", "unverified"]);
    assertLess(clock.monotonic() - since, 100); // without waiting
    table.state = "works";
    table.release();
    await clock.advance(2_000);
    await say(key);
    assertEquals([await say(key), await say(added)], ["key", "key"]);
    const texts = logs.records.map(({ message }) => message.join(""));
    assertEquals(texts.filter((text) => /cannot be read from Postgres/.test(text)).length, 1);
  });

  Deno.test(`13.5 after a restart while Postgres ${state} the keys are those of KV`, async () => {
    await using opened = await open();
    const { table, say } = opened;
    const [key, revoked] = [table.add(), table.add({ is_revoked: true })];
    await say(key);
    table.state = state;
    await opened.restart();
    assertEquals(await say(key), "key");
    assertEquals(await say(revoked), "revoked");
    assertEquals(await say(makeKey(randomBytes)), "unverified");
    assertEquals(await say("sluice_key_x"), "mistyped");
  });
}

Deno.test("13.5 KV has hashes only; what changes is written, and what is deleted is removed", async () => {
  await using opened = await open();
  const { kv, clock, table, say } = opened;
  const [key, other] = [table.add(), table.add({ name: "other" })];
  await say(key);
  table.revoke();
  table.rows.pop();
  await clock.advance(60_000);
  await say(key);
  await opened.restart();
  const entries = await Array.fromAsync(kv.list({ prefix: API_KEYS }), ({ value }) => value);
  const [row] = table.rows;
  assertEquals<unknown>(entries, [{
    id: row?.id,
    name: "billing",
    hash: hashKey(key),
    scopes: ["ingest"],
    eventsPerSecond: null,
    isRevoked: true,
  }]);
  const written = Deno.inspect(entries);
  assertEquals([key, other].filter((each) => written.includes(each)), []);
});

Deno.test("13.5 a process that read the keys before does not write a revoked key as valid", async () => {
  await using opened = await open();
  const { kv, clock, table, say } = opened;
  const key = table.add();
  await say(key);
  const entry = await firstWritten(kv);
  await kv.set(entry.key, { ...entry.value, isRevoked: true }); // by another process
  table.rows = table.rows.map((row) => ({ ...row, name: "renamed" }));
  await clock.advance(60_000);
  await say(key);
  await opened.restart();
  table.state = "fails";
  assertEquals(await say(key), "revoked");
});

Deno.test("13.5 keys that KV lost by damage are written again", async () => {
  await using opened = await open();
  const { kv, table, say } = opened;
  const key = table.add();
  await say(key);
  const entry = await firstWritten(kv);
  await kv.set(entry.key, new Uint8Array([1, 2, 3]));
  await opened.restart();
  assertEquals(await say(key), "key");
  await opened.restart();
  table.state = "fails";
  assertEquals(await say(key), "key");
});

Deno.test("13.5 the last use is written once a minute, however often a key is used", async () => {
  await using opened = await open();
  const { table, say } = opened;
  const key = table.add();
  for (let n = 0; n < 50; n++) await say(key);
  assertEquals(table.writes, 0);
  await opened.writeUses();
  await opened.writeUses();
  assertEquals(table.writes, 1);
});

/** The first key in KV; they are written in the background. */
async function firstWritten(kv: Kv) {
  return await until(
    async () => (await Array.fromAsync(kv.list<object>({ prefix: API_KEYS })))[0],
    "a key in KV",
  );
}

async function track(app: TestApp, key: string) {
  return await answerOf(
    app.post("/v1/events", { eventType: "x", idempotencyKey: newId() }, { "x-api-key": key }),
  );
}

const TRACKED = { status: 200, body: { eventId: null, tracked: true } };
const NOT_STORED = { status: 200, body: { eventId: null, tracked: false } };

Deno.test("13.5 2.9 across a restart without Postgres known keys track, others are told to send again", async () => {
  const request: Partial<KeyRequest> = { scopes: ["ingest", "admin"] };
  const [known, added] = [await createKey(database, request), await createKey(database, request)];
  await using app = await openTestApp(database);
  assertEquals(await track(app, known.key), TRACKED);
  await app.app.drain(5_000);
  await app.kv.delete([...API_KEYS, added.id]);
  await using restarted = await openTestApp(closed, {
    parts: (parts) => ({ ...parts, kv: app.kv }),
  });
  assertEquals(await track(restarted, known.key), TRACKED);
  assertEquals(await track(restarted, added.key), NOT_STORED);
  const events = [{ eventType: "x" }];
  const batch = await restarted.post("/v1/events/batch", { events }, { "x-api-key": added.key });
  const { results } = await batch.json();
  assertEquals(results[0].error, "The API key cannot be verified yet; send it again");
  const beacon = await restarted.post("/v1/beacon", events[0], { "x-api-key": added.key });
  assertEquals(beacon.status, 503);
  const stats = await restarted.get("/api/trpc/eventIngestion.getStats", {
    "x-api-key": added.key,
  });
  const { error } = await stats.json();
  assertEquals([stats.status, error.message], [
    503,
    "The API key cannot be verified yet, as Postgres does not respond; try again",
  ]);
  const allowed = await restarted.get("/api/trpc/eventIngestion.getStats", {
    "x-api-key": known.key,
  });
  assertEquals(allowed.status, 200);
  await allowed.body?.cancel();
  // A pixel is not requested again, so its event is kept, as anonymous.
  const pixel = "/v1/pixel.gif?eventType=opened";
  await (await restarted.get(pixel, { "x-api-key": added.key })).body?.cancel();
  const rows = (await bufferedLines(app.kv)).flat().map((line) => parseLine(line).row);
  const opened = rows.filter(({ event_type }) => event_type === "opened");
  assertEquals(opened.map(({ actor_id, actor_type }) => [actor_id, actor_type]), [[null, null]]);
  await restarted.app.drain(5_000);
});
