import { countBuffered } from "../../src/kv/counter.ts";
import { FlushSchedule } from "../../src/flush/schedule.ts";
import type { FlushReport, FlushTrigger } from "../../src/flush/types.ts";
import { counterKey } from "../../src/kv/keys.ts";
import { assertEquals, assertLess } from "../support/assert.ts";
import { makeBuffer } from "../support/buffer.ts";
import { FakeClock } from "../support/clock.ts";
import { acceptedEvent } from "../support/events.ts";
import { makeFlusher, MemorySink } from "../support/flusher.ts";
import { openTestKv } from "../support/kv.ts";
import { until } from "../support/until.ts";

/** The end of a flush: its result, and the events it moved. */
type Ending = FlushReport["result"] | readonly [FlushReport["result"], number];

function report(trigger: FlushTrigger, ending: Ending): FlushReport {
  const [result, events] = typeof ending === "string" ? [ending, 0] : ending;
  return {
    trigger,
    result,
    reason: result === "unavailable" ? "connection refused" : null,
    batches: 0,
    events,
    stored: 0,
    replays: 0,
    deadLetters: 0,
    readMs: 0,
    insertMs: 0,
    commitMs: 0,
    ms: 0,
  };
}

/** A schedule whose flushes only record their triggers and end with the given results. */
function noting(
  kv: Deno.Kv,
  endings: Ending[] = [],
  count: () => Promise<number> = () => countBuffered(kv),
) {
  const clock = new FakeClock();
  const triggers: FlushTrigger[] = [];
  const schedule = new FlushSchedule({
    kv,
    clock,
    random: () => 1,
    batchSize: 100,
    batchTimeoutMs: 10_000,
    countBuffered: count,
    flusher: {
      flush(trigger) {
        triggers.push(trigger);
        return Promise.resolve(report(trigger, endings.shift() ?? "drained"));
      },
    },
  });
  return { schedule, clock, triggers };
}

Deno.test("8.1 batchSize buffered events start a flush at once", async () => {
  await using opened = await openTestKv();
  const { schedule, triggers } = noting(opened.kv);
  schedule.onBuffered(99);
  assertEquals(triggers, []);
  schedule.onBuffered(100);
  assertEquals(triggers, ["size"]);
  await schedule.stop();
});

Deno.test("8.1 the oldest event waits batchTimeoutMs, however many follow it", async () => {
  await using opened = await openTestKv();
  const { schedule, clock, triggers } = noting(opened.kv);
  schedule.onBuffered(1);
  await clock.advance(9_000);
  schedule.onBuffered(2);
  assertEquals(triggers, []);
  await clock.advance(1_000);
  assertEquals(triggers, ["timer"]);
  await schedule.stop();
});

Deno.test("8.6 while the sink is unavailable, flushes back off longer and longer, and size starts none", async () => {
  await using opened = await openTestKv();
  const { schedule, clock, triggers } = noting(
    opened.kv,
    ["unavailable", "unavailable", "unavailable"],
  );
  await schedule.flush("size");
  await until(() => clock.pending === 1, "the backoff's timer");
  schedule.onBuffered(5_000);
  assertEquals(triggers, ["size"]);
  await clock.advance(499);
  assertEquals(triggers, ["size"]);
  await clock.advance(1);
  assertEquals(triggers, ["size", "retry"]);
  await until(() => clock.pending === 1, "the backoff's timer");
  await clock.advance(999);
  assertEquals(triggers, ["size", "retry"]);
  await clock.advance(1);
  assertEquals(triggers, ["size", "retry", "retry"]);
  await schedule.stop();
});

Deno.test("8.6 the backoff of a long outage is at most five seconds", async () => {
  await using opened = await openTestKv();
  const { schedule, clock, triggers } = noting(opened.kv, Array(20).fill("unavailable"));
  await schedule.flush("size");
  for (const ms of [500, 1_000, 2_000, 4_000, 5_000, 5_000, 5_000]) {
    const tries = triggers.length;
    await until(() => clock.pending === 1, "the backoff's timer");
    await clock.advance(ms - 1);
    assertEquals(triggers.length, tries);
    await clock.advance(1);
    assertEquals(triggers.length, tries + 1);
  }
  await schedule.stop();
});

Deno.test("a flush that moved events before it failed resets the backoff", async () => {
  await using opened = await openTestKv();
  const { schedule, clock, triggers } = noting(opened.kv, [
    "unavailable",
    "unavailable",
    ["unavailable", 2_000],
  ]);
  await schedule.flush("size");
  for (const ms of [500, 1_000, 500]) {
    const tries = triggers.length;
    await until(() => clock.pending === 1, "the backoff's timer");
    await clock.advance(ms);
    assertEquals(triggers.length, tries + 1);
  }
  await schedule.stop();
});

Deno.test("a schedule that is stopped right after a flush starts no other", async () => {
  await using opened = await openTestKv();
  const counting = Promise.withResolvers<number>();
  const { schedule, clock, triggers } = noting(opened.kv, [], () => counting.promise);
  await schedule.flush("start");
  await schedule.stop();
  counting.resolve(1_000);
  await counting.promise;
  await clock.advance(60_000);
  assertEquals([triggers, clock.pending], [["start"], 0]);
});

Deno.test("if the counter exceeds what flushes find, they follow each other once a second", async () => {
  await using opened = await openTestKv();
  await opened.kv.atomic().sum(counterKey("buffered"), 100n).commit();
  const { schedule, clock, triggers } = noting(opened.kv);
  await schedule.flush("start");
  await until(() => clock.pending === 1, "the timer");
  await clock.advance(999);
  assertEquals(triggers, ["start"]);
  await clock.advance(1);
  assertEquals(triggers, ["start", "retry"]);
  await schedule.stop();
});

Deno.test("cron and force() flush despite the backoff", async () => {
  await using opened = await openTestKv();
  const { schedule, clock, triggers } = noting(opened.kv, ["unavailable", "drained"]);
  await schedule.flush("size");
  await until(() => clock.pending === 1, "the backoff's timer");
  await schedule.flush("cron");
  assertEquals(triggers, ["size", "cron"]);
  await schedule.stop();
});

Deno.test("a lease held by another process is tried again after a second", async () => {
  await using opened = await openTestKv();
  const { schedule, clock, triggers } = noting(opened.kv, ["busy"]);
  await schedule.flush("start");
  await until(() => clock.pending === 1, "the timer");
  await clock.advance(1_000);
  assertEquals(triggers, ["start", "timer"]);
  await schedule.stop();
});

Deno.test("a flush that ended with work left is followed by another at once", async () => {
  await using opened = await openTestKv();
  const { schedule, triggers } = noting(opened.kv, ["stopped", "drained"]);
  await schedule.flush("size");
  assertEquals(triggers, ["size", "retry"]);
  await schedule.stop();
});

Deno.test("events that arrived during a flush get their timer when it ends", async () => {
  await using opened = await openTestKv();
  const { schedule, clock, triggers } = noting(opened.kv);
  await makeBuffer(opened.kv).append(acceptedEvent({ eventType: "page_viewed" }));
  await schedule.flush("start");
  await until(() => clock.pending === 1, "the timer");
  await clock.advance(10_000);
  assertEquals(triggers, ["start", "timer"]);
  await schedule.stop();
});

Deno.test("after stop() nothing starts a flush", async () => {
  await using opened = await openTestKv();
  const { schedule, clock, triggers } = noting(opened.kv);
  schedule.onBuffered(1);
  await schedule.stop();
  await clock.advance(60_000);
  schedule.onBuffered(1_000);
  assertEquals([triggers, clock.pending], [[], 0]);
});

function real(kv: Deno.Kv, sink: MemorySink) {
  const clock = new FakeClock(Date.now());
  const flusher = makeFlusher(kv, sink);
  const schedule = new FlushSchedule({
    kv,
    clock,
    random: () => 1,
    flusher,
    batchSize: 100,
    batchTimeoutMs: 10_000,
    countBuffered: () => countBuffered(kv),
  });
  return { schedule, clock };
}

Deno.test("8.3 force() on an empty buffer returns `empty`", async () => {
  await using opened = await openTestKv();
  const { schedule } = real(opened.kv, new MemorySink());
  assertEquals(await schedule.force(), { result: "empty" });
  await schedule.stop();
});

Deno.test("8.3 force() counts the events buffered at the call and waits until they are written", async () => {
  await using opened = await openTestKv();
  const buffer = makeBuffer(opened.kv);
  for (const type of ["a", "b", "c"]) await buffer.append(acceptedEvent({ eventType: type }));
  const sink = new MemorySink();
  const { schedule } = real(opened.kv, sink);
  assertEquals(await schedule.force(), { result: "flushed", events: 3 });
  assertEquals(sink.batches.flat().length, 3);
  await schedule.stop();
});

Deno.test("8.3 force() returns the reason if the sink is unavailable, and loses nothing", async () => {
  await using opened = await openTestKv();
  await makeBuffer(opened.kv).append(acceptedEvent({ eventType: "a" }));
  const sink = new MemorySink();
  sink.answer = () => ({ ok: false, reason: "connection refused" });
  const { schedule } = real(opened.kv, sink);
  assertEquals(await schedule.force(), { result: "unavailable", reason: "connection refused" });
  sink.answer = (lines) => ({ ok: true, stored: lines.length, replays: [], dead: [] });
  assertEquals(await schedule.force(), { result: "flushed", events: 1 });
  await schedule.stop();
});

Deno.test("8.3 force() waits for another process's flush, for up to 30 s", async () => {
  await using opened = await openTestKv();
  await makeBuffer(opened.kv).append(acceptedEvent({ eventType: "a" }));
  const slow = new MemorySink();
  const reached = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  slow.answer = async (lines) => {
    reached.resolve();
    await held.promise;
    return { ok: true, stored: lines.length, replays: [], dead: [] };
  };
  const elsewhere = makeFlusher(opened.kv, slow).flush("size", new AbortController().signal);
  await reached.promise;
  const { schedule, clock } = real(opened.kv, new MemorySink());

  let ended = false;
  const inVain = schedule.force().finally(() => ended = true);
  await until(async () => {
    await clock.advance(1_000);
    return ended;
  }, "30 s of the clock");
  assertEquals(await inVain, { result: "timeout" });

  ended = false;
  const inTime = schedule.force().finally(() => ended = true);
  await until(() => clock.pending > 0, "the forced flush to wait");
  held.resolve();
  await elsewhere;
  await until(async () => {
    await clock.advance(50);
    return ended;
  }, "the forced flush to notice that everything is written");
  assertEquals(await inTime, { result: "flushed", events: 1 });
  await schedule.stop();
});

for (const [name, ms] of [["back", -3_600_000], ["forward", 3_600_000]] as const) {
  Deno.test(`8.3 force() times out after 30 s even if the clock is set ${name}`, async () => {
    await using opened = await openTestKv();
    await makeBuffer(opened.kv).append(acceptedEvent({ eventType: "a" }));
    const { schedule, clock, triggers } = noting(opened.kv, Array(10_000).fill("busy"));
    let seconds: number | null = null;
    const startedAt = clock.monotonic();
    const forced = schedule.force().finally(() => seconds = clock.monotonic() - startedAt);
    await until(async () => {
      await clock.advance(50);
      return triggers.length > 2;
    }, "the third try");
    clock.jump(ms);
    await until(async () => {
      if (seconds === null) await clock.advance(500);
      return seconds !== null;
    }, "force() to time out");
    assertEquals(await forced, { result: "timeout" });
    assertLess(Math.abs(Number(seconds) - 30_000), 5_000);
    await schedule.stop();
  });

  Deno.test(`8.1 timers are unaffected when the clock is set ${name}`, async () => {
    await using opened = await openTestKv();
    const { schedule, clock, triggers } = noting(opened.kv, ["drained", "unavailable"]);
    schedule.onBuffered(1);
    await clock.advance(4_000);
    clock.jump(ms);
    await clock.advance(5_999);
    assertEquals(triggers, []);
    await clock.advance(1);
    assertEquals(triggers, ["timer"]);
    await schedule.flush("size");
    await until(() => clock.pending === 1, "the backoff's timer");
    clock.jump(ms);
    await clock.advance(500);
    assertEquals(triggers, ["timer", "size", "retry"]);
    await schedule.stop();
  });
}
