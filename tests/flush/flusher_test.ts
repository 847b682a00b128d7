import { type Clock, systemClock } from "../../src/clock.ts";
import { CONNECT_LIMITS, LOCAL_LIMITS } from "../../src/kv/limits.ts";
import { createRecordWriter } from "../../src/outbox/record.ts";
import { SEGMENT_FORMAT, SegmentFormatError, unpack } from "../../src/kv/segment.ts";
import { parseLine, parseRow, readRowJson } from "../../src/events/line.ts";
import type { FlushReport } from "../../src/flush/types.ts";
import { countBuffered } from "../../src/kv/counter.ts";
import { FLUSH_LEASE, outboxPrefix, segmentKey, SEGMENTS } from "../../src/kv/keys.ts";
import type { Kv } from "../../src/kv/port.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { bufferedLines, makeBuffer } from "../support/buffer.ts";
import { acceptedEvent } from "../support/events.ts";
import { faultyKv, noFaults } from "../support/faulty_kv.ts";
import { forever, makeFlusher, MemorySink } from "../support/flusher.ts";
import { keysUnder, openTestKv } from "../support/kv.ts";
import { newId } from "../support/ids.ts";

const records = outboxPrefix("enrichment");

async function fill(kv: Deno.Kv, count: number): Promise<string[]> {
  const events = Array.from(
    { length: count },
    (_, i) =>
      acceptedEvent({
        eventType: "page_viewed",
        idempotencyKey: crypto.randomUUID(),
        props: { i },
      }),
  );
  const buffer = makeBuffer(kv);
  await Promise.all(events.map((event) => buffer.append(event)));
  return events.map(({ line }) => readRowJson(line));
}

Deno.test("a flush of an empty buffer is drained and writes nothing", async () => {
  await using opened = await openTestKv();
  const sink = new MemorySink();
  const report = await makeFlusher(opened.kv, sink).flush("timer", forever);
  assertEquals([report.result, report.events, sink.batches], ["drained", 0, []]);
});

Deno.test("a flush writes everything once, oldest first, and empties buffer and counter", async () => {
  await using opened = await openTestKv();
  const rows = await fill(opened.kv, 250);
  const sink = new MemorySink();
  const report = await makeFlusher(opened.kv, sink).flush("size", forever);
  assertEquals(sink.batches.flat(), rows);
  assertEquals([report.result, report.events, report.stored], ["drained", 250, 250]);
  assertEquals(await bufferedLines(opened.kv), []);
  assertEquals(await countBuffered(opened.kv), 0);
});

Deno.test("the events leave the buffer and enter the outbox in one commit, the queue message included", async () => {
  await using opened = await openTestKv();
  await fill(opened.kv, 120);
  const lines = (await bufferedLines(opened.kv)).flat();
  const outbox = createRecordWriter({
    consumers: [{ kind: "enrichment", needsContext: true }],
    newId,
    queueDelivers: () => true,
  });
  const message = Promise.withResolvers<unknown>();
  opened.kv.listenQueue((value) => message.resolve(value));
  await makeFlusher(opened.kv, new MemorySink(), { outbox }).flush("size", forever);
  const found = await Array.fromAsync(
    opened.kv.list<Uint8Array>({ prefix: records }),
  );
  assertEquals(found.flatMap(({ value }) => unpack(value)), lines);
  assertEquals(await message.promise, { kind: "enrichment" });
});

Deno.test("every event of batches as large as KV allows enters the outbox", async () => {
  await using opened = await openTestKv();
  const buffer = makeBuffer(opened.kv);
  const events = Array.from(
    { length: 120 },
    (_, i) =>
      acceptedEvent({ eventType: `e${i}`, props: { text: "x".repeat(i % 3 ? 9_000 : 30_000) } }),
  );
  for (const event of events) await buffer.append(event);
  const report = await makeFlusher(opened.kv, new MemorySink()).flush("size", forever);
  assertEquals([report.result, report.events], ["drained", 120]);
  const found = await Array.fromAsync(
    opened.kv.list<Uint8Array>({ prefix: records }),
  );
  assertEquals(
    found.flatMap(({ value }) => unpack(value)).toSorted(),
    events.map(({ line }) => line).toSorted(),
  );
});

Deno.test("events that arrive during a flush get time to form a larger batch; the first batch does not wait", async () => {
  await using opened = await openTestKv();
  await fill(opened.kv, 10);
  const sink = new MemorySink();
  sink.answer = async (lines) => {
    if (sink.batches.length === 1) await fill(opened.kv, 3);
    return { ok: true, stored: lines.length, replays: [], dead: [] };
  };
  const waits: number[] = [];
  const clock: Clock = {
    ...systemClock,
    after(ms, callback) {
      if (ms > 100) return systemClock.after(ms, callback); // the lease's renewal
      waits.push(ms);
      fill(opened.kv, 4).then(callback);
      return () => {};
    },
  };
  const report = await makeFlusher(opened.kv, sink, { clock }).flush("size", forever);
  assertEquals([report.result, report.events], ["drained", 17]);
  assertEquals(sink.batches.map(({ length }) => length), [10, 7]);
  assertEquals(waits, [100]);
});

Deno.test("a flush that is forced or stopped does not wait for a larger batch", async () => {
  for (const trigger of ["forced", "shutdown", "size"] as const) {
    await using opened = await openTestKv();
    await fill(opened.kv, 10);
    const stop = new AbortController();
    const sink = new MemorySink();
    sink.answer = async (lines) => {
      if (sink.batches.length === 1) await fill(opened.kv, 3);
      return { ok: true, stored: lines.length, replays: [], dead: [] };
    };
    let waits = 0;
    const clock: Clock = {
      ...systemClock,
      after(ms, callback) {
        if (ms > 100) return systemClock.after(ms, callback); // the lease's renewal
        waits += 1;
        queueMicrotask(() => stop.abort());
        return () => {};
      },
    };
    const report = await makeFlusher(opened.kv, sink, { clock }).flush(trigger, stop.signal);
    assertEquals([report.events, waits], [13, trigger === "size" ? 1 : 0], trigger);
  }
});

Deno.test("a flush reads pages as large as the limits of its KV say", async () => {
  await using opened = await openTestKv();
  await fill(opened.kv, 2);
  const sizes = new Set<number | undefined>();
  const kv = new Proxy(opened.kv, {
    get(target, property) {
      if (property !== "list") return Reflect.get(target, property).bind(target);
      return (...[range, options]: Parameters<Kv["list"]>) => {
        if (options?.limit !== 1) sizes.add(options?.batchSize);
        return target.list(range, options);
      };
    },
  });
  await makeFlusher(kv, new MemorySink()).flush("forced", forever);
  const { segmentsPerRead } = CONNECT_LIMITS;
  await makeFlusher(kv, new MemorySink(), { segmentsPerRead }).flush("forced", forever);
  assertEquals([...sizes], [LOCAL_LIMITS.segmentsPerRead, segmentsPerRead]);
});

Deno.test("while the sink is unavailable, everything stays in the buffer and the lease is released", async () => {
  await using opened = await openTestKv();
  await fill(opened.kv, 20);
  const sink = new MemorySink();
  sink.answer = () => ({ ok: false, reason: "connection refused" });
  const report = await makeFlusher(opened.kv, sink).flush("timer", forever);
  assertEquals([report.result, report.reason], ["unavailable", "connection refused"]);
  assertEquals(await countBuffered(opened.kv), 20);
  assertEquals((await opened.kv.get(FLUSH_LEASE)).value, null);
});

Deno.test("8.2 while one flusher works, another finds it busy", async () => {
  await using opened = await openTestKv();
  await fill(opened.kv, 5);
  const sink = new MemorySink();
  const reached = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  sink.answer = async (lines) => {
    reached.resolve();
    await held.promise;
    return { ok: true, stored: lines.length, replays: [], dead: [] };
  };
  const first = makeFlusher(opened.kv, sink).flush("size", forever);
  await reached.promise;
  const other = new MemorySink();
  assertEquals((await makeFlusher(opened.kv, other).flush("cron", forever)).result, "busy");
  assertEquals(other.batches, []);
  held.resolve();
  assertEquals((await first).result, "drained");
});

Deno.test("8.2 a flusher that lost its lease is fenced off: nothing is counted twice", async () => {
  await using opened = await openTestKv();
  await fill(opened.kv, 7);
  const slow = new MemorySink();
  const quick = new MemorySink();
  let other: FlushReport | null = null;
  slow.answer = async (lines) => {
    // The lease expires during the insert, and another process takes over.
    await opened.kv.delete(FLUSH_LEASE);
    other = await makeFlusher(opened.kv, quick).flush("cron", forever);
    return { ok: true, stored: lines.length, replays: [], dead: [] };
  };
  const report = await makeFlusher(opened.kv, slow).flush("size", forever);
  assertEquals(report.result, "fenced");
  assertEquals(other !== null && (other as FlushReport).events, 7);
  assertEquals(await countBuffered(opened.kv), 0);
  assertEquals((await keysUnder(opened.kv, ...records)).length, 1);
});

Deno.test("a sink that was unavailable first gets one segment, then all others", async () => {
  await using opened = await openTestKv();
  for (let i = 0; i < 3; i++) await fill(opened.kv, 5);
  const sink = new MemorySink();
  const flusher = makeFlusher(opened.kv, sink);
  const there = sink.answer;
  sink.answer = () => ({ ok: false, reason: "connection refused" });
  for (let i = 0; i < 2; i++) await flusher.flush("retry", forever);
  sink.answer = there;
  const report = await flusher.flush("retry", forever);
  assertEquals([report.result, report.events], ["drained", 15]);
  assertEquals(sink.batches.map((rows) => rows.length), [15, 5, 5, 10]);
});

Deno.test("7.17 events that may be what the sink refuses are next written together with others", async () => {
  await using opened = await openTestKv();
  for (let i = 0; i < 3; i++) await fill(opened.kv, 5);
  const sink = new MemorySink();
  const flusher = makeFlusher(opened.kv, sink);
  sink.answer = () => ({ ok: false, reason: "not this one (P0001)", doubtful: true });
  const reports = [await flusher.flush("retry", forever), await flusher.flush("retry", forever)];
  assertEquals(reports.map(({ result }) => result), ["unavailable", "unavailable"]);
  assertEquals(sink.batches.map((rows) => rows.length), [15, 15]);
});

Deno.test("a fenced flusher does not release its successor's lease", async () => {
  await using opened = await openTestKv();
  await fill(opened.kv, 1);
  const sink = new MemorySink();
  sink.answer = async (lines) => {
    await opened.kv.set(FLUSH_LEASE, { owner: "other", expiresAt: Date.now() + 10_000 });
    return { ok: true, stored: lines.length, replays: [], dead: [] };
  };
  await makeFlusher(opened.kv, sink).flush("size", forever);
  assertEquals((await opened.kv.get<{ owner: string }>(FLUSH_LEASE)).value?.owner, "other");
});

Deno.test("8.5 a crash between the insert and the commit repeats the insert, and nothing else", async () => {
  await using opened = await openTestKv();
  const rows = await fill(opened.kv, 30);
  const faults = noFaults();
  let commits = 0;
  faults.commit = () => commits++ === 1 ? "fails" : null; // 0 takes the lease
  const sink = new MemorySink();
  const crashed = await makeFlusher(faultyKv(opened.kv, faults), sink).flush("size", forever);
  assertEquals(crashed.result, "failed");
  assertEquals(await countBuffered(opened.kv), 30);
  const report = await makeFlusher(opened.kv, sink).flush("retry", forever);
  assertEquals([report.result, report.events], ["drained", 30]);
  assertEquals(sink.batches, [rows, rows]);
  assertEquals(await countBuffered(opened.kv), 0);
});

Deno.test("events that did not become rows leave no outbox records", async () => {
  await using opened = await openTestKv();
  await fill(opened.kv, 3);
  const lines = (await bufferedLines(opened.kv)).flat();
  const [gone] = lines;
  assert(gone);
  const { id, idempotency_key } = parseRow(readRowJson(gone));
  const sink = new MemorySink();
  sink.answer = () => ({
    ok: true,
    stored: 2,
    replays: [],
    dead: [{ eventId: id, idempotencyKey: idempotency_key, rowId: null }],
  });
  const report = await makeFlusher(opened.kv, sink).flush("size", forever);
  assertEquals([report.events, report.deadLetters], [3, 1]);
  const found = await Array.fromAsync(
    opened.kv.list<Uint8Array>({ prefix: records }),
  );
  assertEquals(found.flatMap(({ value }) => unpack(value)), lines.slice(1));
});

Deno.test("2.3 the replay of a dead letter gets no id, as there is no row", async () => {
  await using opened = await openTestKv();
  const buffer = makeBuffer(opened.kv);
  const idempotencyKey = crypto.randomUUID();
  const event = () => acceptedEvent({ eventType: "license_created", idempotencyKey });
  const first = event();
  await buffer.append(first);
  const sink = new MemorySink();
  sink.answer = () => ({
    ok: true,
    stored: 0,
    replays: [],
    dead: [{ eventId: first.id, idempotencyKey, rowId: null }],
  });
  await makeFlusher(opened.kv, sink).flush("size", forever);
  assertEquals(await buffer.append(event()), { kind: "replayed", eventId: null });
});

Deno.test("2.3 after a late replay, the key's claim names the existing row", async () => {
  await using opened = await openTestKv();
  const buffer = makeBuffer(opened.kv);
  const idempotencyKey = crypto.randomUUID();
  const event = () => acceptedEvent({ eventType: "license_created", idempotencyKey });
  const replay = event();
  await buffer.append(replay);
  const sink = new MemorySink();
  const rowId = crypto.randomUUID();
  sink.answer = () => ({
    ok: true,
    stored: 0,
    replays: [{ eventId: replay.id, idempotencyKey, rowId }],
    dead: [],
  });
  await makeFlusher(opened.kv, sink).flush("size", forever);
  assertEquals(await buffer.append(event()), { kind: "replayed", eventId: rowId });
});

Deno.test("a flush handles more dead letters than one KV operation can hold", async () => {
  await using opened = await openTestKv();
  await fill(opened.kv, 1_200);
  const sink = new MemorySink();
  sink.answer = (lines) => ({
    ok: true,
    stored: 0,
    replays: [],
    dead: lines.map((line) => {
      const { row } = parseLine(line);
      return { eventId: row.id, idempotencyKey: row.idempotency_key, rowId: null };
    }),
  });
  const report = await makeFlusher(opened.kv, sink).flush("size", forever);
  assertEquals([report.result, report.deadLetters], ["drained", 1_200]);
});

Deno.test("a flush stops between batches when it is aborted", async () => {
  await using opened = await openTestKv();
  await fill(opened.kv, 90);
  await fill(opened.kv, 90);
  const stop = new AbortController();
  const sink = new MemorySink();
  sink.answer = (lines) => {
    stop.abort();
    return { ok: true, stored: lines.length, replays: [], dead: [] };
  };
  const report = await makeFlusher(opened.kv, sink).flush("size", stop.signal);
  assertEquals(report.result, "stopped");
  assertEquals(await countBuffered(opened.kv), 180 - report.events);
});

Deno.test("while a batch is inserted, the former one is committed", async () => {
  await using opened = await openTestKv();
  const { kv } = opened;
  const buffer = makeBuffer(kv, { limits: { ...LOCAL_LIMITS, groupSize: 1 } });
  await Promise.all(
    Array.from({ length: 600 }, (_, i) => buffer.append(acceptedEvent({ eventType: `e${i}` }))),
  );
  const secondInsert = Promise.withResolvers<void>();
  const faults = noFaults();
  const sink = new MemorySink();
  const own = sink.answer;
  sink.answer = (lines) => {
    if (sink.batches.length === 2) secondInsert.resolve();
    if (sink.batches.length === 1) faults.beforeCommit = () => secondInsert.promise;
    return own(lines);
  };
  const report = await makeFlusher(faultyKv(kv, faults), sink).flush("size", forever);
  assertEquals([report.result, report.events, report.batches], ["drained", 600, 2]);
});

Deno.test("a segment that is added before those already read is still flushed", async () => {
  await using opened = await openTestKv();
  const { kv } = opened;
  const rows = await fill(kv, 90);
  const sink = new MemorySink();
  const own = sink.answer;
  sink.answer = async (lines) => {
    // Another process, whose clock is behind.
    const late = makeBuffer(kv, { newId: () => "00000000-0000-7000-8000-000000000000" });
    if (sink.batches.length === 1) await late.append(acceptedEvent({ eventType: "late" }));
    return own(lines);
  };
  const report = await makeFlusher(kv, sink).flush("size", forever);
  assertEquals([report.result, report.events], ["drained", rows.length + 1]);
  assertEquals(await bufferedLines(kv), []);
});

Deno.test("1,200 segments of one event each are flushed in three commits", async () => {
  await using opened = await openTestKv();
  const count = 1_200;
  const buffer = makeBuffer(opened.kv, { limits: { ...LOCAL_LIMITS, groupSize: 1 } });
  await Promise.all(
    Array.from({ length: count }, (_, i) => buffer.append(acceptedEvent({ eventType: `e${i}` }))),
  );
  const report = await makeFlusher(opened.kv, new MemorySink()).flush("size", forever);
  assertEquals([report.result, report.events, report.batches], ["drained", count, 3]);
});

/** Adds a segment of a newer version under an id. */
async function putNewerSegment(kv: Kv, id: string): Promise<Uint8Array> {
  const segment = new Uint8Array([SEGMENT_FORMAT + 1, 0x7b, 0x7d, 0x0a]);
  await kv.set(segmentKey(id), segment);
  return segment;
}

Deno.test("8.9 a segment of a newer version fails the flush with a reason and stays; events are still accepted", async () => {
  await using opened = await openTestKv();
  const { kv } = opened;
  await fill(kv, 5);
  const id = "00000000-0000-7000-8000-000000000000";
  const segment = await putNewerSegment(kv, id);
  const sink = new MemorySink();
  const flusher = makeFlusher(kv, sink);
  for (const trigger of ["size", "retry"] as const) {
    const report = await flusher.flush(trigger, forever);
    assertEquals([report.result, report.events], ["newer", 0]);
    assertEquals(report.reason, new SegmentFormatError(SEGMENT_FORMAT + 1).message);
  }
  assertEquals((await kv.get(segmentKey(id))).value, segment);
  assertEquals(sink.batches, []);
  const answer = await makeBuffer(kv).append(acceptedEvent({ eventType: "later" }));
  assertEquals(answer, { kind: "accepted" });
  assertEquals(await countBuffered(kv), 6);
  await kv.delete(segmentKey(id)); // a process of the newer version took it
  const report = await flusher.flush("retry", forever);
  assertEquals([report.result, report.events], ["drained", 6]);
});

Deno.test("events buffered before a segment of a newer version become rows first", async () => {
  await using opened = await openTestKv();
  const rows = await fill(opened.kv, 5);
  await putNewerSegment(opened.kv, "ffffffff-ffff-7fff-bfff-ffffffffffff");
  const sink = new MemorySink();
  const report = await makeFlusher(opened.kv, sink).flush("size", forever);
  assertEquals([report.result, report.events], ["newer", 5]);
  assertEquals(sink.batches.flat(), rows);
  assertEquals((await keysUnder(opened.kv, ...SEGMENTS)).length, 1);
  assertEquals(await countBuffered(opened.kv), 0);
  assertEquals((await opened.kv.get(FLUSH_LEASE)).value, null);
});
