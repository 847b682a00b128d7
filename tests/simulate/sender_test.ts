import { assertEquals } from "../support/assert.ts";
import type { HttpResponse } from "../../src/simulate/responses.ts";
import { Sender, type SenderOptions, type Transport } from "../../src/simulate/sender.ts";
import { RunStats } from "../../src/simulate/run_stats.ts";
import type { PlannedRequest } from "../../src/simulate/types.ts";
import { FakeClock } from "../support/clock.ts";
import { NOW, plainRequest } from "./support.ts";

const TRACKED: HttpResponse = {
  status: 200,
  body: '{"eventId":null,"tracked":true}',
  contentType: "application/json",
  replayed: false,
};

function* plainTraffic(
  parts: (id: number) => Partial<PlannedRequest> = () => ({}),
): Generator<PlannedRequest, never> {
  for (let id = 1;; id++) yield plainRequest(id, parts(id));
}

function createSender(parts: Partial<SenderOptions> & Pick<SenderOptions, "clock" | "transport">) {
  const stats = new RunStats();
  const sender = new Sender({
    traffic: plainTraffic(),
    stats,
    stopwatch: parts.clock.now,
    eventsPerSecond: 50,
    durationMs: 10_000,
    concurrency: 4,
    stop: new AbortController().signal,
    ...parts,
  });
  return { sender, stats };
}

/** A transport whose responses the test releases. */
function heldTransport() {
  const waiting: { id: number; answer: () => void }[] = [];
  const transport: Transport = ({ id }) =>
    new Promise((resolve) => waiting.push({ id, answer: () => resolve(TRACKED) }));
  return { transport, waiting };
}

/** Runs all pending microtasks. */
async function settle(): Promise<void> {
  for (let i = 0; i < 50; i++) await Promise.resolve();
}

/** Advances the clock until the run ends. */
async function advanceUntilEnd(clock: FakeClock, run: Promise<void>): Promise<void> {
  let ended = false;
  run.then(() => ended = true);
  for (await settle(); !ended; await settle()) await clock.advance(20);
}

Deno.test("Sender sends at its rate for its duration", async () => {
  const clock = new FakeClock(NOW);
  const sentAt: number[] = [];
  const { sender, stats } = createSender({
    clock,
    transport: () => {
      sentAt.push(clock.now() - NOW);
      return Promise.resolve(TRACKED);
    },
  });
  await advanceUntilEnd(clock, sender.run());
  assertEquals(stats.events, 500);
  assertEquals(sentAt.slice(0, 4), [0, 20, 40, 60]);
  assertEquals(clock.now() - NOW, 10_000);
});

Deno.test("Sender paces by events, not by requests", async () => {
  const clock = new FakeClock(NOW);
  const events = Array.from({ length: 10 }, () => plainRequest(1).events).flat();
  const { sender, stats } = createSender({
    clock,
    traffic: plainTraffic(() => ({ events })),
    transport: () => Promise.resolve(TRACKED),
  });
  await advanceUntilEnd(clock, sender.run());
  assertEquals([stats.requests, stats.events], [50, 500]);
});

Deno.test("Sender never exceeds its concurrency, and waits for the last responses", async () => {
  const clock = new FakeClock();
  const { transport, waiting } = heldTransport();
  const { sender, stats } = createSender({ clock, transport, concurrency: 3, durationMs: 1_000 });
  let ended = false;
  const run = sender.run().then(() => ended = true);
  for (let i = 0; i < 10; i++) {
    await clock.advance(20);
    await settle();
  }
  assertEquals([waiting.length, sender.inFlight], [3, 3]);
  waiting[0]?.answer();
  await settle();
  assertEquals([waiting.length, sender.inFlight], [4, 3]);
  await clock.advance(1_000);
  await settle();
  assertEquals(ended, false);
  waiting.slice(1).forEach(({ answer }) => answer());
  await run;
  assertEquals([stats.accepted, sender.inFlight, clock.pending], [4, 0, 0]);
});

Deno.test("Sender sends a repeated event only after the first was answered", async () => {
  const clock = new FakeClock();
  const { transport, waiting } = heldTransport();
  const stop = new AbortController();
  const { sender } = createSender({
    clock,
    transport,
    stop: stop.signal,
    traffic: plainTraffic((id) => ({ follows: id === 2 ? 1 : null })),
  });
  const run = sender.run();
  for (let i = 0; i < 3; i++) {
    await settle();
    await clock.advance(20);
  }
  await settle();
  assertEquals(waiting.map(({ id }) => id), [1, 3, 4]);
  stop.abort();
  waiting[0]?.answer();
  await settle();
  assertEquals(waiting.map(({ id }) => id), [1, 3, 4, 2]);
  waiting.forEach(({ answer }) => answer());
  await run;
});

Deno.test("Sender stops as soon as it is aborted", async () => {
  const clock = new FakeClock();
  const stop = new AbortController();
  const { sender, stats } = createSender({
    clock,
    stop: stop.signal,
    transport: () => Promise.resolve(TRACKED),
  });
  const run = sender.run();
  await settle();
  stop.abort();
  await run;
  assertEquals([stats.events, clock.pending], [1, 0]);
});

Deno.test("Sender catches up by at most one second after a slow service", async () => {
  const clock = new FakeClock();
  const { transport, waiting } = heldTransport();
  const { sender, stats } = createSender({ clock, transport, concurrency: 1, durationMs: 60_000 });
  const run = sender.run();
  await settle();
  await clock.advance(9_000);
  for (let i = 0; i < 200; i++) {
    waiting.at(-1)?.answer();
    await settle();
  }
  assertEquals(stats.events, 52);
  await clock.advance(60_000);
  waiting.forEach(({ answer }) => answer());
  await run;
});

Deno.test("Sender counts a timed-out request as a mismatch", async () => {
  const clock = new FakeClock();
  const { sender, stats } = createSender({
    clock,
    concurrency: 1,
    durationMs: 1_000,
    transport: (_, signal) =>
      new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
  });
  const run = sender.run();
  await settle();
  await clock.advance(10_000);
  await run;
  assertEquals([stats.events, stats.accepted, stats.mismatches], [1, 0, 1]);
  assertEquals(stats.examples, ["no response: timed out after 10 s"]);
});
