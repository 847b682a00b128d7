import { createEnrichment, ENRICHMENT } from "../../src/enrichment/consumer.ts";
import { outboxKey, outboxPrefix, setAsideKey } from "../../src/kv/keys.ts";
import type { Enriched } from "../../src/events/enrichment.ts";
import { pack, SEGMENT_FORMAT } from "../../src/kv/segment.ts";
import { createRecordWriter } from "../../src/outbox/record.ts";
import { Sweep } from "../../src/outbox/sweep.ts";
import { listSetAside, outboxSource, putBack } from "../../src/kv/set_aside.ts";
import { assert, assertEquals, assertLess, assertStringIncludes } from "../support/assert.ts";
import { captureLogs } from "../support/logs.ts";
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
    poison: [] as readonly string[],
    attempts: 0,
    /** Called before a batch with poison fails. */
    hold: () => Promise.resolve(),
    async write(enriched: readonly Enriched[]): Promise<void> {
      sink.attempts += 1;
      if (sink.fails || enriched.some(({ row }) => sink.poison.includes(row.event_type))) {
        await sink.hold();
        throw new Error("connection refused");
      }
      written.push(...enriched.map(({ row }) => row.event_type));
    },
    canWrite: () => Promise.resolve(!sink.fails),
  };
  const clock = new FakeClock(Date.now());
  const consumer = createEnrichment({ sink, enrichers: [nothing], observe: () => {} });
  const sweep = new Sweep({ kv, clock, newId, consumer });
  const records = createRecordWriter({ consumers: [consumer], newId, queueDelivers: () => false });
  const types = Array.from({ length: count }, (_, i) => `e${i}`);
  for (const eventType of types) {
    const operation = kv.atomic();
    records.add(operation, pack([lineAt(clock.now(), { eventType })]).map(({ bytes }) => bytes));
    await operation.commit();
  }
  return { sweep, sink, clock, written, types };
}

function linesOf(clock: FakeClock, ...types: readonly string[]): string[] {
  return types.map((eventType) => lineAt(clock.now(), { eventType }));
}

/** Adds a record of one event for each type. */
async function addRecord(kv: Deno.Kv, clock: FakeClock, ...types: readonly string[]) {
  for (const { bytes } of pack(linesOf(clock, ...types))) {
    await kv.set(outboxKey(ENRICHMENT, newId()), bytes);
  }
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
  await sweep.settled();
  assertEquals(written.toSorted(), types.toSorted());
});

Deno.test("a record that cannot be processed does not block the others", async () => {
  await using opened = await openTestKv();
  const { sweep, sink, written, types } = await fixture(opened.kv, 45);
  const [first = ""] = await recordIds(opened.kv);
  sink.poison = ["e0"];
  await sweep.run(forever);
  await sweep.settled();
  assertEquals(written.toSorted(), types.slice(1).toSorted());
  assertEquals(await recordIds(opened.kv), [first]);
});

Deno.test("8.11 any number of records that fail and fail hold up no others, are tried ever less often, and end set aside", async () => {
  await using opened = await openTestKv();
  const { kv } = opened;
  const { sweep, sink, clock, written, types } = await fixture(kv, 45);

  sink.poison = types.slice(0, 12);
  // Each sweep passes five more.
  for (let i = 0; i < 3; i++) await sweep.run(forever);
  await sweep.settled();
  assertEquals(written.toSorted(), types.slice(12).toSorted());
  assertEquals((await recordIds(kv)).length, 12);

  const { attempts } = sink;
  let sweeps = 0;
  for (; (await recordIds(kv)).length > 0 && sweeps < 1_000; sweeps++) {
    await addRecord(kv, clock, `later${sweeps}`);
    await sweep.run(forever);
    await sweep.settled();
    assertEquals(written.at(-1), `later${sweeps}`);
    await clock.advance(60_000);
  }
  assertLess(80, sweeps, "minutes until they were set aside");
  assertLess(sink.attempts - attempts, 12 * 30, "attempts");
  const entries = await Array.fromAsync(listSetAside(kv));
  assertEquals(
    entries.map(({ source, events }) => [source, events]),
    Array(12).fill([outboxSource(ENRICHMENT), 0]),
  );
  assertStringIncludes(
    entries[0]?.reason ?? "",
    "it cannot be processed: Error: connection refused",
  );

  sink.poison = [];
  for (const entry of entries) assert(await putBack(kv, entry, null));
  await sweep.run(forever);
  assertEquals(written.slice(-12).toSorted(), types.slice(0, 12).toSorted());
});

Deno.test("8.11 while nothing can be processed, records are tried again for as long as it takes", async () => {
  await using opened = await openTestKv();
  const { kv } = opened;
  const { sweep, sink, clock, written, types } = await fixture(kv, 12);
  sink.fails = true;
  for (let i = 0; i < 100; i++) {
    await sweep.run(forever);
    await sweep.settled();
    await clock.advance(3_600_000);
  }
  assertEquals((await recordIds(kv)).length, 12);
  sink.fails = false;
  await sweep.run(forever);
  await sweep.settled();
  assertEquals(written.toSorted(), types.toSorted());
});

Deno.test("8.11 a sweep does not wait for a record that is tried again", async () => {
  await using opened = await openTestKv();
  const { sweep, sink, clock, written } = await fixture(opened.kv, 1);
  sink.poison = ["e0"];
  await sweep.run(forever);
  await sweep.settled();
  await clock.advance(60_000);
  const timeout = Promise.withResolvers<void>();
  sink.hold = () => timeout.promise;
  await sweep.run(forever); // tries it again, and hangs
  await addRecord(opened.kv, clock, "later");
  await sweep.run(forever);
  assertEquals(written, ["later"]);
  timeout.resolve();
  await sweep.settled();
});

Deno.test("8.10 of a record that is given up, the events that can be processed are", async () => {
  await using opened = await openTestKv();
  const { kv } = opened;
  const { sweep, sink, clock, written } = await fixture(kv, 0);
  await addRecord(kv, clock, "a", "poison", "b");
  sink.poison = ["poison"];
  for (let i = 0; i < 30 && (await recordIds(kv)).length > 0; i++) {
    await addRecord(kv, clock, `later${i}`);
    await sweep.run(forever);
    await sweep.settled();
    await clock.advance(3_600_000);
  }
  assertEquals(written.filter((type) => !type.startsWith("later")), ["a", "b"]);
  assertEquals((await Array.fromAsync(listSetAside(kv))).length, 1);
});

const encoder = new TextEncoder();
const UNREADABLE: Record<string, unknown> = {
  "garbage": encoder.encode("\u0001no line\n"),
  "random bytes": new Uint8Array(500).map((_, i) => (i * 151 + 89) % 256),
  "empty": new Uint8Array(),
  "text": "€",
  "null": null,
  "a row without an id": encoder.encode("\u0001[]\t{}\n"),
  "invalid JSON": encoder.encode('\u0001["a",,]\t{}\n'),
  "an invalid context": encoder.encode('\u0001["01a220f9-0aeb-792c-b87f-50c587341d27"]\t{x}\n'),
};
for (const [name, value] of Object.entries(UNREADABLE)) {
  Deno.test(`8.10 a record that is ${name} is set aside, and all others are processed`, async () => {
    await using opened = await openTestKv();
    await using logs = await captureLogs();
    const { kv } = opened;
    const { sweep, written, types } = await fixture(kv, 25);
    const [, second = ""] = await recordIds(kv);
    await kv.set(outboxKey(ENRICHMENT, second), value);
    await sweep.run(forever);
    await sweep.settled();
    assertEquals(written.toSorted(), types.toSpliced(1, 1).toSorted());
    assertEquals(await recordIds(kv), []);
    const entries = await Array.fromAsync(listSetAside(kv));
    assertEquals(entries.map(({ id }) => id), [second]);
    assertEquals((await kv.get(setAsideKey(outboxSource(ENRICHMENT), second))).value, value);
    assertEquals(logs.of("error").length, 1);
  });
}

Deno.test("8.10 of a record with a damaged line, the others are processed and the record is set aside", async () => {
  await using opened = await openTestKv();
  const { kv } = opened;
  const { sweep, clock, written } = await fixture(kv, 0);
  for (const damage of ["x", "[1]\t{}", '["a",,]\t{}']) {
    const lines = [...linesOf(clock, "before"), damage, ...linesOf(clock, "after")];
    await kv.set(outboxKey(ENRICHMENT, newId()), encoder.encode(`\u0001${lines.join("\n")}\n`));
    await sweep.run(forever);
    await sweep.settled();
    assertEquals(written.splice(0), ["before", "after"], damage);
  }
  assertEquals(await recordIds(kv), []);
  assertEquals((await Array.fromAsync(listSetAside(kv))).length, 3);
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
