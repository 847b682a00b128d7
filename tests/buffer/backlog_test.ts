import { assertEquals, assertRejects } from "../support/assert.ts";
import { FakeClock } from "../support/clock.ts";
import { Backlog } from "../../src/buffer/backlog.ts";

/** A fake KV with only the number of buffered events. */
function counterKv(buffered: number) {
  const counter = { buffered, reads: 0, fails: false };
  const kv = {
    get: () => {
      counter.reads += 1;
      return counter.fails
        ? Promise.reject(new Error("the disk cannot be read"))
        : Promise.resolve({ value: new Deno.KvU64(BigInt(counter.buffered)), versionstamp: "1" });
    },
  } as unknown as Deno.Kv;
  return { counter, kv };
}

async function backlogOf(buffered: number, capacity: number) {
  const { counter, kv } = counterKv(buffered);
  const clock = new FakeClock();
  const backlog = new Backlog(kv, clock, capacity);
  await backlog.measure();
  return { backlog, counter, clock };
}

Deno.test("the size is the count in KV plus the events added since", async () => {
  const { backlog } = await backlogOf(40, 100);
  assertEquals(backlog.size, 40);
  backlog.add(5);
  assertEquals(backlog.size, 45);
});

Deno.test("the size is read again each second, whatever the wall clock is set to", async () => {
  for (const ms of [-3_600_000, 3_600_000]) {
    const { backlog, counter, clock } = await backlogOf(90, 100);
    counter.buffered = 7;
    clock.jump(ms);
    backlog.assignRetry(0);
    assertEquals(counter.reads, 1);
    await clock.advance(1_000);
    backlog.assignRetry(0);
    assertEquals(counter.reads, 2);
  }
});

Deno.test("events removed during a long flush are not subtracted again when it ends", async () => {
  const { backlog, counter } = await backlogOf(100, 100);
  counter.buffered = 70; // in the middle of a flush that takes 50
  await backlog.measure();
  backlog.observeFlush(50, 10_000);
  assertEquals(backlog.size, 70);
});

Deno.test("measure() returns the exact number and corrects the estimate", async () => {
  const { backlog, counter } = await backlogOf(40, 100);
  backlog.add(500);
  counter.buffered = 70;
  assertEquals(await backlog.measure(), 70);
  assertEquals(backlog.size, 70);
});

Deno.test("measure() rejects if KV fails, and the estimate stays", async () => {
  const { backlog, counter } = await backlogOf(40, 100);
  counter.fails = true;
  await assertRejects(() => backlog.measure(), Error, "cannot be read");
  assertEquals(backlog.size, 40);
});

Deno.test("2.8 events are admitted up to the capacity, waiting ones included", async () => {
  const { backlog, counter } = await backlogOf(90, 100);
  const cases = [[0, true], [9, true], [10, false], [11, false]] as const;
  for (const [waiting, room] of cases) {
    assertEquals(backlog.assignRetry(waiting) === null, room, `${waiting} waiting`);
  }
  backlog.add(10);
  assertEquals(backlog.assignRetry(0), 60);
  counter.buffered = 99;
  await backlog.measure();
  assertEquals(backlog.assignRetry(0), null);
});

Deno.test("2.8 before anything has drained, the retry time is a minute", async () => {
  const { backlog } = await backlogOf(100, 100);
  assertEquals(backlog.assignRetry(0), 60);
});

Deno.test("2.8 2.13 the retry time follows the drain rate, from 1 second to 60", async () => {
  const seconds = async (drained: number, ms: number, excess: number) => {
    const { backlog } = await backlogOf(100, 100);
    backlog.observeFlush(drained, ms);
    return backlog.assignRetry(excess - 1);
  };
  assertEquals(await seconds(10, 1000, 50), 5);
  assertEquals(await seconds(10, 1000, 51), 6);
  assertEquals(await seconds(1000, 1000, 1), 1);
  assertEquals(await seconds(1, 10_000, 1000), 60);
  assertEquals(await seconds(500, 0, 1), 1);
});

Deno.test("2.8 one slow flush does not outweigh the fast ones before", async () => {
  const { backlog } = await backlogOf(200, 100);
  backlog.observeFlush(1000, 1000);
  backlog.observeFlush(100, 1000);
  // 0.7 × 1000 + 0.3 × 100 = 730 a second; 200 in the buffer, 1359 waiting and one more are 1460
  // too many for a capacity of 100.
  assertEquals(backlog.assignRetry(1359), 2);
  assertEquals(backlog.assignRetry(1360), 3);
});

Deno.test("2.8 2.13 callers that are rejected together get staggered retry times", async () => {
  const { backlog, clock } = await backlogOf(100, 100);
  backlog.observeFlush(10, 1000);
  const retryTimes = (count: number) =>
    Array.from({ length: count }, () => backlog.assignRetry(0)).join(" ");
  assertEquals(retryTimes(20), `${"1 ".repeat(10)}${"2 ".repeat(10)}`.trim());
  await clock.advance(1000); // in which there was room for the first ten
  assertEquals(retryTimes(10), "2 ".repeat(10).trim());
});

Deno.test("2.8 2.13 free capacity goes to the first caller that retries, and no retry time exceeds a minute", async () => {
  const { backlog, counter } = await backlogOf(100, 100);
  backlog.observeFlush(1, 1000);
  for (let i = 0; i < 1_000; i++) backlog.assignRetry(0);
  assertEquals(backlog.assignRetry(0), 60);
  counter.buffered = 99;
  await backlog.measure();
  assertEquals(backlog.assignRetry(0), null);
});

Deno.test("the estimate is corrected once a second, after the request is answered", async () => {
  const { backlog, counter, clock } = await backlogOf(0, 100);
  assertEquals(counter.reads, 1);
  counter.buffered = 100;
  await clock.advance(999);
  assertEquals(backlog.assignRetry(0), null);
  assertEquals(counter.reads, 1);
  await clock.advance(1);
  assertEquals([backlog.assignRetry(0), backlog.assignRetry(0)], [null, null]);
  assertEquals(counter.reads, 2);
  await settled();
  assertEquals(backlog.size, 100);
  assertEquals(backlog.assignRetry(0), 60);
});

Deno.test("a KV that cannot be read changes no result, and is not read more often", async () => {
  const { backlog, counter, clock } = await backlogOf(100, 100);
  counter.fails = true;
  await clock.advance(1000);
  assertEquals([backlog.assignRetry(0), backlog.assignRetry(0)], [60, 60]);
  await settled();
  assertEquals([backlog.size, counter.reads], [100, 2]);
});

/** Runs several turns of the microtask queue. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}
