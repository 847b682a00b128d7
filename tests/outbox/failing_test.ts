import { createEnrichment, ENRICHMENT } from "../../src/enrichment/consumer.ts";
import { outboxKey, outboxPrefix } from "../../src/kv/keys.ts";
import { pack } from "../../src/kv/segment.ts";
import { Sweep } from "../../src/outbox/sweep.ts";
import { createEnrichmentSink } from "../../src/store/enrichment_sink.ts";
import { createEventSink } from "../../src/store/event_sink.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { FakeClock } from "../support/clock.ts";
import { lineAt, NO_FACTS } from "../support/enrichment.ts";
import { forever } from "../support/flusher.ts";
import { newId } from "../support/ids.ts";
import { keysUnder, openTestKv } from "../support/kv.ts";
import { openTestPostgres } from "../support/postgres.ts";

const postgres = await openTestPostgres();
const { database } = postgres;
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

const events = createEventSink(database);
const START = Date.parse("2026-03-01T12:00:00.000Z");

/** Cancels the statements that write one of these sessions, as a timeout does. */
async function cancelFor(sessions: readonly string[]): Promise<() => Promise<void>> {
  const ids = sessions.map((id) => `'${id}'`).join(", ");
  await database.run((sql) =>
    sql.unsafe(`
      create function cancel_for_sessions() returns trigger language plpgsql as $$
      begin raise exception 'canceling statement due to statement timeout' using errcode = '57014';
      end $$;
      create trigger cancel_for_sessions before insert on sessions for each row
        when (new.id in (${ids})) execute function cancel_for_sessions();
    `)
  );
  return async () => {
    await database.run((sql) => sql.unsafe("drop function cancel_for_sessions cascade"));
  };
}

Deno.test("8.11 seven records whose statements time out hold up no others, and are enriched once they do not", async () => {
  await using opened = await openTestKv();
  const { kv } = opened;
  const clock = new FakeClock(Date.now());
  const enricher = { name: "nothing", read: () => NO_FACTS, fallback: NO_FACTS };
  const sink = createEnrichmentSink(database, new Map());
  const consumer = createEnrichment({ sink, enrichers: [enricher], observe: () => {} });
  const sweep = new Sweep({ kv, clock, newId, consumer });
  const sessions = Array.from({ length: 40 }, () => newId());
  for (const [i, sessionId] of sessions.entries()) {
    const lines = [0, 1, 2].map((second) =>
      lineAt(START + i * 60_000 + second * 1_000, { eventType: "page_viewed", sessionId })
    );
    assert((await events.write(lines)).ok);
    for (const { bytes } of pack(lines)) await kv.set(outboxKey(ENRICHMENT, newId()), bytes);
  }
  const enriched = async () => {
    const [row] = await database.run((sql) =>
      sql<[{ count: number }]>`
        select count(*)::integer as count from sessions where event_count = 3 and id = any(array(
          select json_array_elements_text(${JSON.stringify(sessions)}::text::json)::uuid
        ))
      `
    );
    return row.count;
  };
  const stop = await cancelFor(sessions.slice(0, 7));
  for (let i = 0; i < 2; i++) {
    await sweep.run(forever);
    await sweep.settled();
  }
  assertEquals(await enriched(), 33);
  await clock.advance(60_000);
  await sweep.run(forever);
  await sweep.settled();
  assertEquals((await keysUnder(kv, ...outboxPrefix(ENRICHMENT))).length, 7);
  await stop();
  for (let i = 0; i < 2; i++) {
    await clock.advance(3_600_000);
    await sweep.run(forever);
    await sweep.settled();
  }
  assertEquals(await enriched(), 40);
  assertEquals(await keysUnder(kv, ...outboxPrefix(ENRICHMENT)), []);
});

Deno.test("a record that fails while others do not is not the oldest for long", async () => {
  await using opened = await openTestKv();
  const { kv } = opened;
  const clock = new FakeClock(Date.now());
  const written: string[] = [];
  const consumer = {
    kind: ENRICHMENT,
    span: "enrich",
    needsContext: true,
    process: (records: readonly { lines: readonly string[] }[]) => {
      const lines = records.flatMap(({ lines }) => lines);
      if (lines.some((line) => line.includes("poison"))) return Promise.reject(new Error("no"));
      written.push(...lines);
      return Promise.resolve();
    },
  };
  const sweep = new Sweep({ kv, clock, newId, consumer });
  const add = async (eventType: string) => {
    const [segment] = pack([lineAt(START, { eventType })]);
    await kv.set(outboxKey(ENRICHMENT, newId()), segment?.bytes);
  };
  await add("poison");
  const [first] = await keysUnder(kv, ...outboxPrefix(ENRICHMENT));
  for (let i = 0; i < 3; i++) {
    await add(`other${i}`);
    await sweep.run(forever);
    await sweep.settled();
  }
  const left = await keysUnder(kv, ...outboxPrefix(ENRICHMENT));
  assertEquals([left.length, written.length], [1, 3]);
  assert(String(left[0]) > String(first), `${left[0]} after ${first}`);
});
