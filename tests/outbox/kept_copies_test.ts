import { createEnrichment, ENRICHMENT } from "../../src/enrichment/consumer.ts";
import { reduceContext } from "../../src/enrichment/reduce_context.ts";
import { parseLine } from "../../src/events/line.ts";
import { countBuffered } from "../../src/kv/counter.ts";
import { KEPT, outboxKey, outboxPrefix } from "../../src/kv/keys.ts";
import { pack, unpack } from "../../src/kv/segment.ts";
import { createKeepCopies, deleteCopies } from "../../src/outbox/kept_copies.ts";
import { Sweep } from "../../src/outbox/sweep.ts";
import { assertEquals } from "../support/assert.ts";
import { FakeClock } from "../support/clock.ts";
import { NO_FACTS } from "../support/enrichment.ts";
import { acceptedEvent, contextOf } from "../support/events.ts";
import { forever } from "../support/flusher.ts";
import { newId } from "../support/ids.ts";
import { keysUnder, openTestKv } from "../support/kv.ts";

const KEEP_MS = 600_000;

function makeSweep(kv: Deno.Kv, keepMs: number, isDiskFull = false): Sweep {
  const nothing = { name: "nothing", read: () => NO_FACTS, fallback: NO_FACTS };
  const sink = { write: () => Promise.resolve(), canWrite: () => Promise.resolve(true) };
  return new Sweep({
    kv,
    newId,
    clock: new FakeClock(Date.now()),
    consumer: createEnrichment({ sink, enrichers: [nothing], observe: () => {} }),
    keepCopies: createKeepCopies({ keepMs, newId, reduceContext, isDiskFull: () => isDiskFull }),
  });
}

async function addRecords(kv: Deno.Kv, count: number): Promise<string[]> {
  const context = contextOf({ ip: "81.2.69.142", userAgent: "Mozilla/5.0" });
  const ids: string[] = [];
  for (let i = 0; i < count; i++) {
    const { id, line } = acceptedEvent({ eventType: `e${i}` }, { identity: null, context });
    for (const { bytes } of pack([line])) await kv.set(outboxKey(ENRICHMENT, newId()), bytes);
    ids.push(id);
  }
  return ids;
}

Deno.test("8.15 an enriched event is kept for a while, not as buffered and without its address", async () => {
  await using opened = await openTestKv();
  const { kv } = opened;
  const ids = await addRecords(kv, 45);
  await makeSweep(kv, KEEP_MS).run(forever);
  const copies = await Array.fromAsync(kv.list<Uint8Array>({ prefix: KEPT }));
  const events = copies.flatMap(({ value }) => unpack(value)).map(parseLine);
  assertEquals(events.map(({ row }) => row.id).toSorted(), ids.toSorted());
  for (const { context } of events) {
    assertEquals([context.ip, context.userAgent], ["81.2.69.0", "Mozilla/5.0"]);
  }
  assertEquals([await keysUnder(kv, ...outboxPrefix(ENRICHMENT)), await countBuffered(kv)], [
    [],
    0,
  ]);

  await deleteCopies(kv, Date.now() - 60_000);
  assertEquals((await keysUnder(kv, ...KEPT)).length, ids.length);
  await deleteCopies(kv, Date.now() + 60_000);
  assertEquals(await keysUnder(kv, ...KEPT), []);
});

Deno.test("8.15 with KEEP_FLUSHED_SECONDS=0, or a full disk, nothing is kept", async () => {
  await using opened = await openTestKv();
  for (const [keepMs, isDiskFull] of [[0, false], [KEEP_MS, true]] as const) {
    await addRecords(opened.kv, 3);
    await makeSweep(opened.kv, keepMs, isDiskFull).run(forever);
    assertEquals(await keysUnder(opened.kv), []);
  }
});
