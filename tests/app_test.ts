/** The whole pipeline, on real parts. */

import { ENRICHMENT } from "../src/enrichment/consumer.ts";
import { outboxPrefix } from "../src/kv/keys.ts";
import fc from "fast-check";
import { assert, assertEquals, assertGreater } from "./support/assert.ts";
import { openTestApp, type TestApp } from "./support/app.ts";
import { openTestPostgres } from "./support/postgres.ts";
import { until } from "./support/until.ts";
import { countBuffered } from "../src/kv/counter.ts";
import { keysUnder } from "./support/kv.ts";

const postgres = await openTestPostgres();
const { database } = postgres;
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

const CHROME =
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36";

async function forceFlush(sluice: TestApp): Promise<string> {
  const response = await sluice.post("/api/trpc/eventIngestion.forceFlush", {}, {
    authorization: `Bearer ${await sluice.token("ADMIN")}`,
  });
  return (await response.json()).result.data.message;
}

async function propsOf(run: string): Promise<Record<string, unknown>[]> {
  const rows = await database.run((sql) =>
    sql<{ props: Record<string, unknown> }[]>`
      select props from events where event_type = ${run} order by props->>'n'
    `
  );
  return rows.map(({ props }) => props);
}

/** The JSON that contract 4.6 promises to store. */
function asStored(json: string): unknown {
  const replaced = json.replace(
    /\\\\|\\u0000|\\ud[89ab][0-9a-f]{2}|\\ud[c-f][0-9a-f]{2}/g,
    (match) => match === "\\\\" ? match : "\ufffd",
  );
  return JSON.parse(replaced);
}

Deno.test("4.6 any JSON in props is refused with a reason or stored unchanged in Postgres", async () => {
  await using sluice = await openTestApp(database);
  const run = `property_${crypto.randomUUID()}`;
  const expected: string[] = [];
  let n = 1_000_000;
  // Strings of any UTF-16 units, lone surrogates and U+0000 among them.
  const anyString = fc.string({ unit: fc.nat(0xffff).map((unit) => String.fromCharCode(unit)) });
  const key = fc.oneof(anyString, fc.constantFrom("__proto__", "constructor", "toString", ""));
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      anyString,
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie("value"), { maxLength: 4 }),
      fc.dictionary(key, tie("value"), { maxKeys: 4, noNullPrototype: false }),
    ),
  }));
  await fc.assert(
    fc.asyncProperty(fc.dictionary(key, value, { maxKeys: 5 }), async (props) => {
      const idempotencyKey = crypto.randomUUID();
      const body = JSON.stringify({
        eventType: run,
        props: { ...props, n: String(n++) },
        idempotencyKey,
      });
      const response = await sluice.post("/v1/events", body);
      const answer = await response.json();
      if (response.status === 200) {
        assertEquals(answer, { eventId: null, tracked: true });
        expected.push(JSON.stringify(JSON.parse(body).props));
      } else {
        assert([400, 412, 413].includes(response.status), `${response.status}`);
        assertGreater(answer.message.length, 10, "a reason");
      }
    }),
    { numRuns: 300 },
  );
  await forceFlush(sluice);
  const stored = await propsOf(run);
  assertEquals(stored.length, expected.length);
  stored.forEach((props, i) => {
    assertEquals(
      JSON.stringify(sorted(props)),
      JSON.stringify(sorted(asStored(expected[i] ?? ""))),
    );
  });
});

/** With sorted keys: jsonb does not keep their order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1)
    .map(([key, member]) => [key, sorted(member)]);
}

Deno.test("7.2 an event is enriched from its request's user agent, by the KV queue", async () => {
  await using sluice = await openTestApp(database, { environment: { KV_QUEUES: "on" } });
  sluice.app.start();
  const run = crypto.randomUUID();
  await sluice.post("/v1/events", { eventType: "page_viewed", props: { run } }, {
    "user-agent": CHROME,
  });
  await forceFlush(sluice); // or the flush of the start has taken it by now
  const row = await until(async () => {
    const [row] = await database.run((sql) =>
      sql`
        select browser, browser_version, os, os_version, device_type, entity_status, enriched_at
        from enriched_events where props->>'run' = ${run} and enriched_at is not null
      `
    );
    return row;
  }, "the enrichment");
  assert(row["enriched_at"] instanceof Date);
  assertEquals({ ...row, enriched_at: null }, {
    browser: "Chrome",
    browser_version: "131.0.0.0",
    os: "Windows",
    os_version: "10",
    device_type: "desktop",
    entity_status: "none",
    enriched_at: null,
  });
  await until(
    async () => (await keysUnder(sluice.kv, ...outboxPrefix(ENRICHMENT))).length === 0,
    "an empty outbox",
  );
});

Deno.test("7.4 after enrichment the IP address is gone from KV as well", async () => {
  await using sluice = await openTestApp(database, {
    environment: { TRUST_PROXY: "true", KV_QUEUES: "on" },
  });
  sluice.app.start();
  await sluice.post("/v1/events", { eventType: "page_viewed" }, {
    "x-forwarded-for": "198.51.100.77",
  });
  const holds = async () => {
    const entries = await Array.fromAsync(sluice.kv.list({ prefix: [] }));
    return entries.some(({ value }) =>
      value instanceof Uint8Array && new TextDecoder().decode(value).includes("198.51.100.77")
    );
  };
  assertEquals(await holds(), true, "while it is needed");
  await forceFlush(sluice);
  await until(async () => !(await holds()), "the address to be gone");
});

Deno.test("8.1 a full batch starts a flush by itself", async () => {
  await using sluice = await openTestApp(database, { environment: { BATCH_SIZE: "20" } });
  const run = `size_${crypto.randomUUID()}`;
  const events = Array.from({ length: 20 }, (_, n) => ({
    eventType: run,
    props: { n },
    idempotencyKey: crypto.randomUUID(),
  }));
  await (await sluice.post("/v1/events/batch", { events })).body?.cancel();
  await until(async () => (await propsOf(run)).length === 20, "20 rows");
});

Deno.test("8.1 the oldest event waits at most batchTimeoutMs", async () => {
  await using sluice = await openTestApp(database, { environment: { BATCH_TIMEOUT_MS: "50" } });
  const run = `timer_${crypto.randomUUID()}`;
  await (await sluice.post("/v1/events", { eventType: run })).body?.cancel();
  await until(async () => (await propsOf(run)).length === 1, "the row");
});

Deno.test("8.1 cron and startup flush what a dead process left behind", async () => {
  await using sluice = await openTestApp(database);
  for (const trigger of ["cron", "start"] as const) {
    const run = `${trigger}_${crypto.randomUUID()}`;
    await (await sluice.post("/v1/events", { eventType: run })).body?.cancel();
    if (trigger === "cron") await sluice.app.everyMinute();
    else sluice.app.start();
    await until(async () => (await propsOf(run)).length === 1, `the row, by ${trigger}`);
  }
});

Deno.test("8.1 drain() at shutdown leaves nothing in the buffer", async () => {
  const sluice = await openTestApp(database);
  const run = `drain_${crypto.randomUUID()}`;
  await (await sluice.post("/v1/events", { eventType: run })).body?.cancel();
  await sluice.app.drain(4_000);
  assertEquals([await countBuffered(sluice.kv), (await propsOf(run)).length], [0, 1]);
  await sluice[Symbol.asyncDispose]();
});

Deno.test("8.1 drain() enriches what it stores, as the next start may be far away", async () => {
  const sluice = await openTestApp(database);
  const run = `drain_${crypto.randomUUID()}`;
  await (await sluice.post("/v1/events", { eventType: run })).body?.cancel();
  await sluice.app.drain(4_000);
  const waiting = await Array.fromAsync(sluice.kv.list({ prefix: outboxPrefix("enrichment") }));
  const enriched = await database.run((sql) =>
    sql`select enriched_at is not null as done from enriched_events where event_type = ${run}`
  );
  assertEquals([waiting.length, enriched.map(({ done }) => done)], [0, [true]]);
  await sluice[Symbol.asyncDispose]();
});

Deno.test("7.3 a poison event ends in dead_letters, and its neighbours in events", async () => {
  await using sluice = await openTestApp(database);
  const run = `poison_${crypto.randomUUID()}`;
  await database.run((sql) =>
    sql`alter table events add constraint no_poison check (props->>'poison' is null)`
  );
  const events = [{ n: 1 }, { n: 2, poison: "yes" }, { n: 3 }].map((props) => ({
    eventType: run,
    props,
    idempotencyKey: crypto.randomUUID(),
  }));
  await (await sluice.post("/v1/events/batch", { events })).body?.cancel();
  assertEquals(await forceFlush(sluice), "Flushed 3 events");
  await database.run((sql) => sql`alter table events drop constraint no_poison`);
  assertEquals(await propsOf(run), [{ n: 1 }, { n: 3 }]);
  const deadLetters = await database.run((sql) =>
    sql<{ sqlstate: string }[]>`select sqlstate from dead_letters where event_type = ${run}`
  );
  assertEquals(deadLetters.map(({ sqlstate }) => sqlstate), ["23514"]);
  assertEquals(await countBuffered(sluice.kv), 0);
  // The replay of a dead letter gets no id, that of a stored event does.
  const replays = await (await sluice.post("/v1/events/batch", { events })).json();
  const ids = replays.results.map(({ data }: { data: { eventId: string | null } }) => data.eventId);
  assertEquals(ids.map((id: string | null) => id !== null), [true, false, true]);
});
