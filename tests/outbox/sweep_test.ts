import { createEnrichment, ENRICHMENT } from "../../src/enrichment/consumer.ts";
import { outboxKey, outboxPrefix } from "../../src/kv/keys.ts";
import type { Enriched } from "../../src/events/enrichment.ts";
import { pack, SEGMENT_FORMAT } from "../../src/kv/segment.ts";
import { createRecordWriter } from "../../src/outbox/record.ts";
import { Sweep } from "../../src/outbox/sweep.ts";
import { assertEquals } from "../support/assert.ts";
import { FakeClock } from "../support/clock.ts";
import { lineAt, NO_FACTS } from "../support/enrichment.ts";
import { forever } from "../support/flusher.ts";
import { keysUnder, openTestKv } from "../support/kv.ts";
import { newId } from "../support/ids.ts";

const nothing = { name: "nothing", read: () => NO_FACTS, fallback: NO_FACTS };

/** A sweep for enrichment into a sink that remembers, and `count` records of one event each. */
async function fixture(kv: Deno.Kv, count: number) {
  const written: string[] = [];
  const sink = {
    fails: false,
    poison: "",
    write(enriched: readonly Enriched[]): Promise<void> {
      if (sink.fails || enriched.some(({ row }) => row.event_type === sink.poison)) {
        return Promise.reject(new Error("connection refused"));
      }
      written.push(...enriched.map(({ row }) => row.event_type));
      return Promise.resolve();
    },
  };
  const clock = new FakeClock(Date.now());
  const consumer = createEnrichment({ sink, enrichers: [nothing], observe: () => {} });
  const sweep = new Sweep({ kv, clock, consumer });
  const records = createRecordWriter({ consumers: [consumer], newId, queueDelivers: () => false });
  const types = Array.from({ length: count }, (_, i) => `e${i}`);
  for (const eventType of types) {
    const operation = kv.atomic();
    records.add(operation, pack([lineAt(clock.now(), { eventType })]).map(({ bytes }) => bytes));
    await operation.commit();
  }
  return { sweep, sink, clock, written, types };
}

async function recordIds(kv: Deno.Kv): Promise<string[]> {
  return (await keysUnder(kv, ...outboxPrefix(ENRICHMENT)))
    .map((key) => String(key[outboxPrefix(ENRICHMENT).length]));
}

Deno.test("a sweep enriches every record, oldest first, and leaves none", async () => {
  await using opened = await openTestKv();
  const { sweep, written, types } = await fixture(opened.kv, 25);
  await sweep.run(forever);
  assertEquals(written, types);
  assertEquals(await recordIds(opened.kv), []);
});

Deno.test("a sweep may leave out records younger than a minimum age", async () => {
  await using opened = await openTestKv();
  const { sweep, clock, written, types } = await fixture(opened.kv, 3);
  await sweep.run(forever, 5_000);
  assertEquals(written, []);
  await clock.advance(10_000);
  await sweep.run(forever, 5_000);
  assertEquals(written, types);
});

Deno.test("while the sink is unavailable, records stay; the next sweep processes them", async () => {
  await using opened = await openTestKv();
  const { sweep, sink, written, types } = await fixture(opened.kv, 12);
  sink.fails = true;
  await sweep.run(forever);
  assertEquals([written, (await recordIds(opened.kv)).length], [[], 12]);
  sink.fails = false;
  await sweep.run(forever);
  assertEquals(written, types);
});

Deno.test("a record that cannot be read or processed does not block the others", async () => {
  await using opened = await openTestKv();
  const { sweep, sink, written, types } = await fixture(opened.kv, 45);
  const [first = "", second = ""] = await recordIds(opened.kv);
  await opened.kv.set(outboxKey(ENRICHMENT, first), new TextEncoder().encode("\u0001no line\n"));
  sink.poison = "e1";
  await sweep.run(forever);
  assertEquals(written.toSorted(), types.slice(2).toSorted());
  assertEquals(await recordIds(opened.kv), [first, second]);
});

Deno.test("records of a newer version stay and do not block those of this version", async () => {
  await using opened = await openTestKv();
  const { sweep, written, types } = await fixture(opened.kv, 3);
  const id = newId();
  const record = new Uint8Array([SEGMENT_FORMAT + 1, 0x7b, 0x7d, 0x0a]);
  await opened.kv.set(outboxKey(ENRICHMENT, id), record);
  await sweep.run(forever);
  assertEquals(written, types);
  assertEquals(await recordIds(opened.kv), [id]);
  assertEquals((await opened.kv.get(outboxKey(ENRICHMENT, id))).value, record);
});
