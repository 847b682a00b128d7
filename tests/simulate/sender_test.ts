import { assertEquals } from "../support/assert.ts";
import type { HttpAnswer } from "../../src/simulate/answers.ts";
import { Sender, type SenderOptions, type Transport } from "../../src/simulate/sender.ts";
import { Tally } from "../../src/simulate/tally.ts";
import type { PlannedRequest } from "../../src/simulate/types.ts";
import { FakeClock } from "../support/clock.ts";
import { NOW, plainRequest } from "./support.ts";

const TAKEN: HttpAnswer = {
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

function senderOf(parts: Partial<SenderOptions> & Pick<SenderOptions, "clock" | "transport">) {
  const tally = new Tally();
  const sender = new Sender({
    traffic: plainTraffic(),
    tally,
    stopwatch: parts.clock.now,
    eventsPerSecond: 50,
    durationMs: 10_000,
    concurrency: 4,
    stop: new AbortController().signal,
    ...parts,
  });
  return { sender, tally };
}

/** Answers when told to. */
function heldTransport() {
  const waiting: { id: number; answer: () => void }[] = [];
  const transport: Transport = ({ id }) =>
    new Promise((resolve) => waiting.push({ id, answer: () => resolve(TAKEN) }));
  return { transport, waiting };
}

/** Lets everything run that waits for nothing. */
async function settle(): Promise<void> {
  for (let i = 0; i < 50; i++) await Promise.resolve();
}

/** Lets time pass until the run is over. */
async function passing(clock: FakeClock, run: Promise<void>): Promise<void> {
  let over = false;
  run.then(() => over = true);
  for (await settle(); !over; await settle()) await clock.advance(20);
}

Deno.test("Sender keeps to its rate and its duration", async () => {
  const clock = new FakeClock(NOW);
  const sentAt: number[] = [];
  const { sender, tally } = senderOf({
    clock,
    transport: () => {
      sentAt.push(clock.now() - NOW);
      return Promise.resolve(TAKEN);
    },
  });
  await passing(clock, sender.run());
  assertEquals(tally.events, 500);
  assertEquals(sentAt.slice(0, 4), [0, 20, 40, 60]);
  assertEquals(clock.now() - NOW, 10_000);
});

Deno.test("Sender paces by events, not by requests", async () => {
  const clock = new FakeClock(NOW);
  const events = Array.from({ length: 10 }, () => plainRequest(1).events).flat();
  const { sender, tally } = senderOf({
    clock,
    traffic: plainTraffic(() => ({ events })),
    transport: () => Promise.resolve(TAKEN),
  });
  await passing(clock, sender.run());
  assertEquals([tally.requests, tally.events], [50, 500]);
});

Deno.test("Sender has no more requests under way than allowed, and waits for the last ones", async () => {
  const clock = new FakeClock();
  const { transport, waiting } = heldTransport();
  const { sender, tally } = senderOf({ clock, transport, concurrency: 3, durationMs: 1_000 });
  let ended = false;
  const run = sender.run().then(() => ended = true);
  for (let i = 0; i < 10; i++) {
    await clock.advance(20);
    await settle();
  }
  assertEquals([waiting.length, sender.underway], [3, 3]);
  waiting[0]?.answer();
  await settle();
  assertEquals([waiting.length, sender.underway], [4, 3]);
  await clock.advance(1_000);
  await settle();
  assertEquals(ended, false);
  waiting.slice(1).forEach(({ answer }) => answer());
  await run;
  assertEquals([tally.accepted, sender.underway, clock.pending], [4, 0, 0]);
});

Deno.test("Sender sends a repeated event only once the first was answered", async () => {
  const clock = new FakeClock();
  const { transport, waiting } = heldTransport();
  const stop = new AbortController();
  const { sender } = senderOf({
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

Deno.test("Sender ends early when it is told to stop, without waiting for its next turn", async () => {
  const clock = new FakeClock();
  const stop = new AbortController();
  const { sender, tally } = senderOf({
    clock,
    stop: stop.signal,
    transport: () => Promise.resolve(TAKEN),
  });
  const run = sender.run();
  await settle();
  stop.abort();
  await run;
  assertEquals([tally.events, clock.pending], [1, 0]);
});

Deno.test("Sender makes up for at most a second that a slow service cost", async () => {
  const clock = new FakeClock();
  const { transport, waiting } = heldTransport();
  const { sender, tally } = senderOf({ clock, transport, concurrency: 1, durationMs: 60_000 });
  const run = sender.run();
  await settle();
  await clock.advance(9_000);
  for (let i = 0; i < 200; i++) {
    waiting.at(-1)?.answer();
    await settle();
  }
  assertEquals(tally.events, 52);
  await clock.advance(60_000);
  waiting.forEach(({ answer }) => answer());
  await run;
});

Deno.test("Sender counts what is not answered in time", async () => {
  const clock = new FakeClock();
  const { sender, tally } = senderOf({
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
  assertEquals([tally.events, tally.accepted, tally.unexpected], [1, 0, 1]);
  assertEquals(tally.examples, ["no answer: none within 10 s"]);
});
