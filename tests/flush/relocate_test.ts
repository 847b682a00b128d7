import { systemClock } from "../../src/clock.ts";
import { Lease } from "../../src/flush/lease.ts";
import { relocateSome } from "../../src/flush/relocate.ts";
import { counterKey, outboxKey, segmentKey } from "../../src/kv/keys.ts";
import { pack } from "../../src/kv/segment.ts";
import { assertEquals } from "../support/assert.ts";
import { bufferedLines } from "../support/buffer.ts";
import { acceptedEvent } from "../support/events.ts";
import { forever, makeFlusher, MemorySink } from "../support/flusher.ts";
import { openTestKv } from "../support/kv.ts";
import { newId } from "../support/ids.ts";

/** Buffers events as former versions did, each in a segment of its own; their lines. */
async function bufferFormerly(kv: Deno.Kv, count: number): Promise<string[]> {
  const lines: string[] = [];
  for (let i = 0; i < count; i++) {
    const { line } = acceptedEvent({ eventType: `former_${i}` });
    const operation = kv.atomic().sum(counterKey("buffered"), 1n);
    for (const { bytes } of pack([line])) operation.set(["segment", newId()], bytes);
    await operation.commit();
    lines.push(line);
  }
  return lines;
}

async function countUnder(kv: Deno.Kv, prefix: Deno.KvKey): Promise<number> {
  return (await Array.fromAsync(kv.list({ prefix }))).length;
}

Deno.test("events that a former version buffered become rows, in their order", async () => {
  await using opened = await openTestKv();
  const lines = await bufferFormerly(opened.kv, 20);
  const sink = new MemorySink();
  const report = await makeFlusher(opened.kv, sink).flush("start", forever);
  assertEquals([report.result, report.events], ["drained", 20]);
  const types = sink.batches.flat().map((row) => /former_\d+/.exec(row)?.[0]);
  assertEquals(types, lines.map((_, i) => `former_${i}`));
  assertEquals(await countUnder(opened.kv, ["segment"]), 0);
});

Deno.test("entries are moved a few at a time, each with its value", async () => {
  await using opened = await openTestKv();
  const lines = await bufferFormerly(opened.kv, 12);
  const lease = await Lease.acquire(opened.kv, systemClock, "a test");
  if (lease === null) throw new Error("The lease is taken");
  assertEquals(await relocateSome(opened.kv, lease), true);
  assertEquals(await countUnder(opened.kv, ["segment"]), 3);
  assertEquals(await relocateSome(opened.kv, lease), true);
  assertEquals(await relocateSome(opened.kv, lease), false);
  assertEquals((await bufferedLines(opened.kv)).flat(), lines);
  await lease.release();
});

Deno.test("records of a former outbox are moved with their traces", async () => {
  await using opened = await openTestKv();
  const [plain, traced] = [newId(), newId()];
  await opened.kv.set(["outbox", "enrichment", plain], new Uint8Array([1]));
  await opened.kv.set(["outbox", "enrichment", traced, "a trace"], new Uint8Array([2]));
  await makeFlusher(opened.kv, new MemorySink()).flush("start", forever);
  const [first, second] = await opened.kv.getMany<[Uint8Array, Uint8Array]>([
    outboxKey("enrichment", plain),
    outboxKey("enrichment", traced, "a trace"),
  ]);
  assertEquals([first.value, second.value], [new Uint8Array([1]), new Uint8Array([2])]);
  assertEquals(await countUnder(opened.kv, ["outbox"]), 0);
});

Deno.test("whoever lost the lease moves nothing", async () => {
  await using opened = await openTestKv();
  await bufferFormerly(opened.kv, 1);
  const lease = await Lease.acquire(opened.kv, systemClock, "a test");
  if (lease === null) throw new Error("The lease is taken");
  await opened.kv.set(["lease", "flush"], { owner: "another", expiresAt: Date.now() + 5_000 });
  assertEquals(await relocateSome(opened.kv, lease), null);
  assertEquals(await countUnder(opened.kv, segmentKey("").slice(0, -1)), 0);
  await lease.release();
});

Deno.test("a flush that is told to stop leaves the rest where it is, for the next one", async () => {
  await using opened = await openTestKv();
  await bufferFormerly(opened.kv, 1);
  const report = await makeFlusher(opened.kv, new MemorySink())
    .flush("shutdown", AbortSignal.abort());
  assertEquals([report.result, report.events], ["stopped", 0]);
  assertEquals(await countUnder(opened.kv, ["segment"]), 1);
});
