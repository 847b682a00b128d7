import { CommitWait } from "../../src/buffer/commit_wait.ts";
import type { BufferOutcome } from "../../src/events/outcome.ts";
import { CONNECT_LIMITS, LOCAL_LIMITS } from "../../src/kv/limits.ts";
import { assert, assertEquals, assertGreater, assertLessOrEqual } from "../support/assert.ts";
import { makeBuffer, offer } from "../support/buffer.ts";
import { FakeClock } from "../support/clock.ts";
import { acceptedEvent } from "../support/events.ts";
import { faultyKv, noFaults } from "../support/faulty_kv.ts";
import { openTestKv } from "../support/kv.ts";

function fixture(groupSize = 10, commitsInFlight = 1) {
  const clock = new FakeClock();
  const wait = new CommitWait({ clock, maxWaitMs: 2000, limits: { groupSize, commitsInFlight } });
  /** As many as may be in flight, at once. */
  async function commit(ms: number, left = 1000, leaving = groupSize) {
    const started = Array.from({ length: commitsInFlight }, () => wait.onStart(leaving, left));
    await clock.advance(ms);
    for (const startedAt of started) wait.onEnd(startedAt);
  }
  return { clock, wait, commit };
}

Deno.test("2.8 an event is rejected when the groups before it take longer than the limit", async () => {
  const { wait, commit } = fixture();
  for (let i = 0; i < 9; i += 1) await commit(50);
  assertEquals(wait.excessSeconds(399), null, "40 groups of 50 ms");
  assertEquals(wait.excessSeconds(400), 0.05, "41 groups");
  assertEquals(wait.perSecond, 200);
});

Deno.test("2.8 nothing is rejected before the first commit, when its duration is unknown", () => {
  assertEquals(fixture().wait.excessSeconds(1_000_000), null);
});

Deno.test("2.8 small groups of an idle service do not make it look slow", async () => {
  const { wait, commit } = fixture(200);
  for (let i = 0; i < 9; i += 1) await commit(3, 0, 1);
  assertEquals(wait.excessSeconds(10_000), null);
});

Deno.test("2.8 a group that other limits make small counts as it is", async () => {
  const { wait, commit } = fixture(200);
  for (let i = 0; i < 9; i += 1) await commit(50, 1000, 90);
  assertEquals(wait.excessSeconds(40 * 90 - 1), null);
  assertGreater(wait.excessSeconds(40 * 90) ?? 0, 0);
});

Deno.test("2.8 one stalled commit among many rejects nothing, a slow KV does", async () => {
  const { wait, commit } = fixture(200);
  for (let i = 0; i < 9; i += 1) await commit(8);
  await commit(500);
  assertEquals(wait.excessSeconds(10_000), null);
  for (let i = 0; i < 9; i += 1) await commit(500);
  assertGreater(wait.excessSeconds(1000) ?? 0, 0);
});

Deno.test("2.8 a commit that does not end counts, but not against events that fit into the next", async () => {
  const { clock, wait, commit } = fixture(200);
  for (let i = 0; i < 9; i += 1) await commit(8);
  wait.onStart(200, 300);
  await clock.advance(2500);
  assertEquals(wait.excessSeconds(199), null);
  assertGreater(wait.excessSeconds(300) ?? 0, 0.5);
});

Deno.test("2.8 a stall of half a second at 20,000 events/s turns none away", async () => {
  await using opened = await openTestKv();
  const faults = noFaults();
  const clock = new FakeClock();
  const held = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<void>();
  faults.beforeCommit = () => {
    reached.resolve();
    return held.promise;
  };
  const buffer = makeBuffer(faultyKv(opened.kv, faults), { clock, maxWaitMs: 2000 });
  const answers: Promise<BufferOutcome>[] = [];
  for (let tick = 0; tick < 50; tick += 1) {
    for (let i = 0; i < 200; i += 1) {
      answers.push(offer(buffer, acceptedEvent({ eventType: `event_${tick}_${i}` })));
    }
    await reached.promise;
    await clock.advance(10);
  }
  held.resolve();
  const outcomes = await Promise.all(answers);
  assertEquals(outcomes.filter(({ kind }) => kind !== "accepted"), []);
  assertEquals(outcomes.length, 10_000);
});

Deno.test("2.8 several commits in flight share the groups before an event, and its own takes as long as one", async () => {
  const { wait, commit } = fixture(10, 4);
  for (let i = 0; i < 9; i += 1) await commit(100);
  assertEquals(wait.perSecond, 400);
  assertEquals(wait.excessSeconds(769), null, "76 groups by four, and its own: 2,000 ms");
  assertEquals(wait.excessSeconds(770), 0.025, "77 groups");
});

Deno.test("2.8 a stall of all commits in flight rejects nothing", async () => {
  const { wait, commit } = fixture(10, 8);
  for (let i = 0; i < 9; i += 1) await commit(20);
  await commit(500);
  assertEquals(wait.excessSeconds(5000), null, "500 groups by eight of 20 ms");
});

Deno.test("2.8 one commit that does not end stalls no others", async () => {
  const { clock, wait, commit } = fixture(10, 2);
  for (let i = 0; i < 9; i += 1) await commit(20);
  wait.onStart(10, 100);
  await clock.advance(3000);
  assertEquals(wait.excessSeconds(100), null, "there is room for a second");
  wait.onStart(10, 100);
  assertEquals(wait.excessSeconds(100), null, "which has just begun");
  await clock.advance(3000);
  assertGreater(wait.excessSeconds(100) ?? 0, 1, "neither ends");
});

for (
  const [how, limits, fitting] of [
    ["file", { ...LOCAL_LIMITS, groupSize: 10 }, 100],
    ["remote", { ...CONNECT_LIMITS, commitsInFlight: 4 }, 370],
  ] as const
) {
  Deno.test(`2.8 with a slow KV nobody waits much longer than the limit, limits of a ${how} KV`, async () => {
    await using opened = await openTestKv();
    const faults = noFaults();
    const clock = new FakeClock();
    // With all of them in flight, each takes 20 ms.
    faults.beforeCommit = () => clock.advance(20 / limits.commitsInFlight);
    const buffer = makeBuffer(faultyKv(opened.kv, faults), { clock, maxWaitMs: 200, limits });
    await Promise.all(
      Array.from(
        { length: 1000 },
        (_, i) => buffer.append(acceptedEvent({ eventType: `warm_${i}` })),
      ),
    );
    const waits: number[] = [];
    const retries: number[] = [];
    const offered = Array.from({ length: fitting + 400 }, async (_, i) => {
      const startedAt = clock.monotonic();
      const outcome = await offer(buffer, acceptedEvent({ eventType: `event_${i}` }));
      if (outcome.kind === "accepted") waits.push(clock.monotonic() - startedAt);
      else {
        assert(outcome.kind === "overloaded", outcome.kind);
        retries.push(outcome.retryAfterSeconds);
      }
    });
    await Promise.all(offered);
    assertEquals(waits.length, fitting, "what fits into 200 ms");
    assertLessOrEqual(Math.max(...waits), 220);
    assertEquals(Math.min(...retries), 1);
    assertEquals(Math.max(...retries), 1, "400 events at 500 a second or more");
  });
}
