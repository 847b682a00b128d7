import { createEnrichment, ENRICHMENT } from "../../src/enrichment/consumer.ts";
import { createIdGenerator } from "../../src/events/id.ts";
import { createCheckHealth } from "../../src/health.ts";
import { failingPrefix, outboxKey, outboxPrefix } from "../../src/kv/keys.ts";
import { pack } from "../../src/kv/segment.ts";
import { listSetAside } from "../../src/kv/set_aside.ts";
import { Sweep } from "../../src/outbox/sweep.ts";
import { createEnrichmentSink } from "../../src/store/enrichment_sink.ts";
import { createEventSink } from "../../src/store/event_sink.ts";
import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { FakeClock } from "../support/clock.ts";
import { lineAt, NO_FACTS } from "../support/enrichment.ts";
import { forever } from "../support/flusher.ts";
import { keysUnder, openTestKv } from "../support/kv.ts";
import { openTestPostgres } from "../support/postgres.ts";

const postgres = await openTestPostgres();
const { database } = postgres;
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

const START = Date.parse("2026-03-01T12:00:00.000Z");
const STANDSTILL_MS = 300_000;

/** Cancels each statement that writes sessions for which the condition holds, as a timeout does. */
async function cancel(condition: string): Promise<AsyncDisposable> {
  await database.run((sql) =>
    sql.unsafe(`
      create function cancel_sessions() returns trigger language plpgsql as $$
      begin raise exception 'canceling statement due to statement timeout' using errcode = '57014';
      end $$;
      create trigger cancel_sessions before insert on sessions for each row
        when (${condition}) execute function cancel_sessions();
    `)
  );
  return {
    async [Symbol.asyncDispose]() {
      await database.run((sql) => sql.unsafe("drop function cancel_sessions cascade"));
    },
  };
}

/** A process with one record of a session in its outbox, and no other work. */
async function open() {
  const opened = await openTestKv();
  const { kv } = opened;
  const clock = new FakeClock(Date.now());
  const newId = createIdGenerator({ now: clock.now });
  const enricher = { name: "nothing", read: () => NO_FACTS, fallback: NO_FACTS };
  const sink = createEnrichmentSink(database, new Map());
  const consumer = createEnrichment({ sink, enrichers: [enricher], observe: () => {} });
  const sweep = new Sweep({ kv, clock, newId, consumer });
  const check = createCheckHealth({
    kv,
    clock,
    database: { ping: () => Promise.resolve(null) },
    isDiskFull: () => false,
    isOpening: () => false,
    isRefusing: () => false,
    flushFailures: () => null,
    enableEnrichment: true,
    standstillMs: STANDSTILL_MS,
    maxEnrichmentLagMs: 900_000,
  });
  const sessionId = crypto.randomUUID();
  const lines = [0, 1].map((second) =>
    lineAt(START + second * 1_000, { eventType: "page_viewed", sessionId })
  );
  assert((await createEventSink(database).write(lines)).ok);
  const [segment] = pack(lines);
  await kv.set(outboxKey(ENRICHMENT, newId()), segment?.bytes);
  return {
    ...opened,
    clock,
    sessionId,
    /** Writes what processes know about the record. */
    async setNote(note: unknown) {
      const [record] = await keysUnder(kv, ...outboxPrefix(ENRICHMENT));
      const id = record?.slice(outboxPrefix(ENRICHMENT).length) ?? [];
      await kv.set([...failingPrefix(ENRICHMENT), ...id], note);
    },
    records: () => keysUnder(kv, ...outboxPrefix(ENRICHMENT)),
    /** Sweeps every minute; returns what `/readyz` said of enrichment meanwhile. */
    async pass(minutes: number): Promise<Set<string>> {
      const states = new Set<string>();
      for (let minute = 0; minute < minutes; minute++) {
        await sweep.run(forever);
        await sweep.settled();
        states.add((await check()).enrichment.state);
        await clock.advance(60_000);
      }
      return states;
    },
    async countEnriched(): Promise<number> {
      const [row] = await database.run((sql) =>
        sql<[{ count: number }]>`
          select coalesce(sum(event_count), 0)::integer as count from sessions where id = ${sessionId}
        `
      );
      return row.count;
    },
  };
}

Deno.test("8.10 11.6 11.12 a record that fails and is alone is tried again, set aside, and no standstill", async () => {
  await using opened = await open();
  const { kv, sessionId, records, pass } = opened;
  await using _ = await cancel(`new.id = '${sessionId}'`);
  assertEquals(await pass(20), new Set(["ok"]));
  assertEquals((await records()).length, 1);
  assertEquals((await keysUnder(kv, ...failingPrefix(ENRICHMENT))).length, 1);
  assertEquals(await pass(220), new Set(["ok"]));
  assertEquals(await records(), []);
  assertEquals(await keysUnder(kv, ...failingPrefix(ENRICHMENT)), []);
  const [aside, ...others] = await Array.fromAsync(listSetAside(kv));
  assertEquals(others, []);
  assertMatch(aside?.reason ?? "", /it cannot be processed: .*statement timeout/);
});

Deno.test("8.11 11.6 while no session can be enriched, a record waits however long, and is a standstill", async () => {
  await using opened = await open();
  const { records, pass, countEnriched } = opened;
  {
    await using _ = await cancel("true");
    await pass(30);
    assertEquals(await pass(300), new Set(["failing"]));
    assertEquals((await records()).length, 1);
  }
  assertEquals(await pass(2), new Set(["ok"]));
  assertEquals([await records(), await countEnriched()], [[], 2]);
});

Deno.test("11.12 a failing record that no process tries again any more is a standstill", async () => {
  await using opened = await open();
  const { clock, pass, setNote } = opened;
  await setNote({ failures: 4, retryAt: clock.now() + 600_000 });
  await using _ = await cancel("true");
  assertEquals(await pass(12), new Set(["ok"]));
  await pass(10);
  assertEquals(await pass(1), new Set(["failing"]));
});

Deno.test("8.11 a record that fails only as a whole is processed event by event", async () => {
  await using opened = await open();
  const { kv, sessionId, records, pass, countEnriched } = opened;
  await using _ = await cancel(`new.id = '${sessionId}' and new.event_count > 1`);
  await pass(240);
  assertEquals([await records(), await countEnriched()], [[], 2]);
  assertEquals(await Array.fromAsync(listSetAside(kv)), []);
});

for (
  const [name, note] of Object.entries({
    "NaN": { failures: 3, retryAt: NaN },
    "infinite": { failures: 3, retryAt: Infinity },
    "in a thousand years": { failures: 3, retryAt: Date.now() + 3.2e13 },
    "after endless failures": { failures: Infinity, retryAt: 0 },
    "after a part of a failure": { failures: 0.5, retryAt: Date.now() + 1_000_000 },
  })
) {
  Deno.test(`8.18 a record whose next attempt is ${name} is tried like any other`, async () => {
    await using opened = await open();
    const { kv, records, pass, setNote, countEnriched } = opened;
    await setNote(note);
    assertEquals(await pass(2), new Set(["ok"]));
    assertEquals([await records(), await countEnriched()], [[], 2]);
    assertEquals(await keysUnder(kv, ...failingPrefix(ENRICHMENT)), []);
  });
}
