/** The outbox with two kinds of consumers, on a real flush. */

import { systemClock } from "../../src/clock.ts";
import { parseLine, readContextJson } from "../../src/events/line.ts";
import type { AcceptedEvent } from "../../src/events/types.ts";
import { outboxPrefix, undeliveredKey } from "../../src/kv/keys.ts";
import { MAX_ATOMIC_BYTES } from "../../src/kv/limits.ts";
import type { Kv } from "../../src/kv/port.ts";
import { createOutbox } from "../../src/outbox/outbox.ts";
import type { OutboxConsumer } from "../../src/outbox/consumer.ts";
import {
  assert,
  assertEquals,
  assertGreater,
  assertLess,
  assertThrows,
} from "../support/assert.ts";
import { makeBuffer } from "../support/buffer.ts";
import { acceptedEvent } from "../support/events.ts";
import { forever, makeFlusher, MemorySink } from "../support/flusher.ts";
import { newId } from "../support/ids.ts";
import { keysUnder, openTestKv } from "../support/kv.ts";
import { until } from "../support/until.ts";

/** A consumer that records its lines, and fails if `fails` says so. */
function recording(kind: string, needsContext = true) {
  const lines: string[] = [];
  const consumer: OutboxConsumer & { fails: (lines: readonly string[]) => boolean } = {
    kind,
    span: kind,
    needsContext,
    fails: () => false,
    process(records) {
      const given = records.flatMap((record) => record.lines);
      if (consumer.fails(given)) return Promise.reject(new Error(`${kind} is unavailable`));
      lines.push(...given);
      return Promise.resolve();
    },
  };
  return { consumer, lines };
}

function open(kv: Kv, consumers: readonly OutboxConsumer[], kvQueues: "on" | "off" = "off") {
  const stop = new AbortController();
  const outbox = createOutbox({
    kv,
    clock: systemClock,
    newId,
    kvQueues,
    consumers: consumers.map((consumer) => ({ consumer, enabled: true })),
    stop: stop.signal,
  });
  return { outbox, stop };
}

async function buffered(kv: Kv, events: readonly AcceptedEvent[]): Promise<void> {
  const buffer = makeBuffer(kv);
  for (const event of events) await buffer.append(event);
}

/** Large events, more than one operation can hold. */
function largeEvents(): AcceptedEvent[] {
  return Array.from(
    { length: 120 },
    (_, i) =>
      acceptedEvent({ eventType: `e${i}`, props: { text: "x".repeat(i % 3 ? 9_000 : 30_000) } }),
  );
}

function idsOf(lines: readonly string[]): string[] {
  return lines.map((line) => parseLine(line).row.id);
}

async function recordCounts(kv: Kv): Promise<number[]> {
  return await Promise.all(
    ["a", "b"].map(async (kind) => (await keysUnder(kv, ...outboxPrefix(kind))).length),
  );
}

Deno.test("a full flush commits with two kinds, and each consumer gets every event once", async () => {
  await using opened = await openTestKv();
  const { kv } = opened;
  const events = largeEvents();
  await buffered(kv, events);
  const [a, b] = [recording("a"), recording("b")];
  const { outbox } = open(kv, [a.consumer, b.consumer]);
  const report = await makeFlusher(kv, new MemorySink(), { outbox: outbox.records })
    .flush("size", forever);
  assertEquals([report.result, report.events], ["drained", events.length]);
  assertGreater(report.batches, 4, "each batch leaves space for both copies");
  outbox.requestSweep();
  await outbox.settled();
  const ids = events.map(({ id }) => id);
  assertEquals(idsOf(a.lines), ids);
  assertEquals(idsOf(b.lines), ids);
  assertEquals(await recordCounts(kv), [0, 0]);
});

Deno.test("a flush with as many kinds as possible commits segments of the largest size", async () => {
  await using opened = await openTestKv();
  const { kv } = opened;
  const text = "x".repeat(31_900);
  const events = [0, 1, 2, 3].map((i) => acceptedEvent({ eventType: `e${i}`, props: { text } }));
  await Promise.all(events.map(((buffer) => (event) => buffer.append(event))(makeBuffer(kv))));
  const all = Array.from({ length: 10 }, (_, i) => recording(`kind_${i}`));
  const { outbox } = open(kv, all.map(({ consumer }) => consumer));
  const report = await makeFlusher(kv, new MemorySink(), { outbox: outbox.records })
    .flush("size", forever);
  assertEquals([report.result, report.events], ["drained", 4]);
  outbox.requestSweep();
  await outbox.settled();
  for (const { lines } of all) assertEquals(idsOf(lines), events.map(({ id }) => id));
});

Deno.test("more kinds than one operation can hold, or two of one kind, are refused at once", async () => {
  await using opened = await openTestKv();
  const many = Array.from({ length: 11 }, (_, i) => recording(`kind_${i}`).consumer);
  assertThrows(() => open(opened.kv, many), RangeError, "Cannot have 11 consumers: at most 10");
  const twice = [recording("a").consumer, recording("a").consumer];
  assertThrows(() => open(opened.kv, twice), RangeError, "two outbox consumers of one kind");
});

Deno.test("a consumer that fails keeps its records and does not delay the others", async () => {
  await using opened = await openTestKv();
  const { kv } = opened;
  const events = Array.from({ length: 30 }, (_, i) => acceptedEvent({ eventType: `e${i}` }));
  await buffered(kv, events);
  const [a, b] = [recording("a"), recording("b")];
  const { outbox } = open(kv, [a.consumer, b.consumer]);
  await makeFlusher(kv, new MemorySink(), { outbox: outbox.records }).flush("size", forever);
  const [before = 0] = await recordCounts(kv);
  assertGreater(before, 0);
  b.consumer.fails = () => true;
  outbox.requestSweep();
  await outbox.settled();
  assertEquals(idsOf(a.lines), events.map(({ id }) => id));
  assertEquals([b.lines, await recordCounts(kv)], [[], [0, before]]);
  b.consumer.fails = () => false;
  outbox.requestSweep();
  await outbox.settled();
  assertEquals(idsOf(b.lines), events.map(({ id }) => id));
  assertEquals(a.lines.length, events.length, "the first consumer gets none again");
  assertEquals(await recordCounts(kv), [0, 0]);
});

Deno.test("a consumer that hangs does not delay the others", async () => {
  await using opened = await openTestKv();
  const { kv } = opened;
  await buffered(kv, [acceptedEvent({ eventType: "page_viewed" })]);
  const [a, b] = [recording("a"), recording("b")];
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const hanging = { ...a.consumer, process: () => released };
  const { outbox } = open(kv, [hanging, b.consumer]);
  await makeFlusher(kv, new MemorySink(), { outbox: outbox.records }).flush("size", forever);
  outbox.requestSweep();
  await until(async () => (await recordCounts(kv))[1] === 0, "the second consumer");
  assertEquals([b.lines.length, await recordCounts(kv)], [1, [1, 0]]);
  release();
  await outbox.settled();
  assertEquals(await recordCounts(kv), [0, 0]);
});

Deno.test("7.4 records of a consumer that needs no context hold none, and so no IP address", async () => {
  await using opened = await openTestKv();
  const { kv } = opened;
  const event = acceptedEvent({ eventType: "page_viewed", props: { i: 1 } });
  assert(readContextJson(event.line).includes("203.0.113.7"));
  await buffered(kv, [event]);
  const [a, b] = [recording("a"), recording("b", false)];
  const { outbox } = open(kv, [a.consumer, b.consumer]);
  await makeFlusher(kv, new MemorySink(), { outbox: outbox.records }).flush("size", forever);
  outbox.requestSweep();
  await outbox.settled();
  assertEquals(a.lines, [event.line]);
  const [line = ""] = b.lines;
  assertEquals([readContextJson(line), parseLine(line).row], ["{}", parseLine(event.line).row]);
});

Deno.test("each kind has a queue message, which starts a sweep of that kind", async () => {
  await using opened = await openTestKv();
  const { kv } = opened;
  await buffered(kv, [acceptedEvent({ eventType: "page_viewed" })]);
  const [a, b] = [recording("a"), recording("b")];
  const { outbox, stop } = open(kv, [a.consumer, b.consumer], "on");
  outbox.listen();
  await makeFlusher(kv, new MemorySink(), { outbox: outbox.records }).flush("size", forever);
  outbox.onRecords(); // does nothing: the queue delivers
  await until(() => a.lines.length === 1 && b.lines.length === 1, "both sweeps");
  await outbox.settled();
  assertEquals(await recordCounts(kv), [0, 0]);
  assertEquals(await keysUnder(kv, ...undeliveredKey("a")), []);
  stop.abort();
});

Deno.test("a flush that lost its lease leaves no records", async () => {
  await using opened = await openTestKv();
  const { kv } = opened;
  await buffered(kv, [acceptedEvent({ eventType: "page_viewed" })]);
  const [a, b] = [recording("a"), recording("b")];
  const { outbox } = open(kv, [a.consumer, b.consumer]);
  const sink = new MemorySink();
  const own = sink.answer;
  sink.answer = async (lines) => {
    await kv.set(["lease", "flush"], { owner: "another", expiresAt: 0 });
    return own(lines);
  };
  const report = await makeFlusher(kv, sink, { outbox: outbox.records }).flush("size", forever);
  assertEquals([report.result, await recordCounts(kv)], ["fenced", [0, 0]]);
});

Deno.test("the copies of one flush commit stay below the bytes of one operation", async () => {
  await using opened = await openTestKv();
  const { kv } = opened;
  await buffered(kv, largeEvents());
  const [a, b] = [recording("a"), recording("b")];
  const { outbox } = open(kv, [a.consumer, b.consumer]);
  const sizes: number[] = [];
  const records = {
    ...outbox.records,
    add(...[operation, segments]: Parameters<typeof outbox.records.add>) {
      sizes.push(segments.reduce((sum, { length }) => sum + length, 0) * outbox.records.copies);
      outbox.records.add(operation, segments);
    },
  };
  await makeFlusher(kv, new MemorySink(), { outbox: records }).flush("size", forever);
  assertGreater(sizes.length, 4);
  for (const size of sizes) assertLess(size, MAX_ATOMIC_BYTES);
});
