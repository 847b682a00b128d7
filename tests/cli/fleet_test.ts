/** The processes of a cluster: what happens when one ends. */

import { Fleet } from "../../src/cli/fleet.ts";
import { assertEquals } from "../support/assert.ts";
import { FakeClock } from "../support/clock.ts";
import { until } from "../support/until.ts";

/** A process that serves at once, unless `failures` of its starts are to fail. */
class FakeService {
  starts = 0;
  failures = 0;
  end: (how: string) => void = () => {};
  stopsWith = "code 0";
  ended: Promise<string> = Promise.resolve("nothing");

  start(): Promise<number | null> {
    this.starts += 1;
    const { promise, resolve } = Promise.withResolvers<string>();
    this.ended = promise;
    this.end = resolve;
    if (this.failures === 0) return Promise.resolve(null);
    this.failures -= 1;
    resolve("code 1");
    return Promise.resolve(1);
  }

  stop(): Promise<void> {
    this.end(this.stopsWith);
    return Promise.resolve();
  }
}

function openFleet() {
  const one = new FakeService();
  const two = new FakeService();
  const clock = new FakeClock();
  const available = new Set<string>();
  const lines: string[] = [];
  const fleet = new Fleet({
    members: [{ url: "http://one", service: one }, { url: "http://two", service: two }],
    balancer: {
      add: (url) => void available.add(url),
      remove: (url) => void available.delete(url),
    },
    clock,
    say: (line) => lines.push(line),
  });
  return { fleet, one, two, clock, available, lines };
}

Deno.test("a process that ends is started again after a pause, and the load balancer leaves it out meanwhile", async () => {
  const { fleet, one, clock, available, lines } = openFleet();
  assertEquals([await fleet.start(), [...available]], [null, ["http://one", "http://two"]]);
  one.end("SIGKILL");
  await until(() => clock.pending === 1 || null, "the pause");
  assertEquals([[...available], one.starts], [["http://two"], 1]);
  assertEquals(lines, [
    "The process at http://one ended with SIGKILL; it is started again in 1 s",
  ]);
  await clock.advance(999);
  assertEquals(one.starts, 1);
  await clock.advance(1);
  await until(() => available.has("http://one") || null, "it to be back");
  await fleet[Symbol.asyncDispose]();
  assertEquals([one.starts, lines.length], [2, 1]);
});

Deno.test("the pause before a process is started doubles up to half a minute, until it serves for a minute", async () => {
  const { fleet, one, clock, available, lines } = openFleet();
  await fleet.start();
  one.failures = 6;
  one.end("code 70");
  const pauses = [1, 2, 4, 8, 16, 30, 30];
  for (const seconds of pauses) {
    await until(() => clock.pending === 1 || null, "the pause");
    await clock.advance(seconds * 1000);
  }
  await until(() => available.has("http://one") || null, "it to be back");
  await clock.advance(60_000);
  one.end("code 70");
  await until(() => clock.pending === 1 || null, "the pause");
  assertEquals(lines.map((line) => Number(/in (\d+) s$/.exec(line)?.[1])), [...pauses, 1]);
  await fleet[Symbol.asyncDispose]();
  assertEquals(one.starts, 8);
});

Deno.test("a fleet of which one does not start says with which code", async () => {
  const { fleet, two, available } = openFleet();
  two.failures = 1;
  assertEquals([await fleet.start(), available.size], [1, 0]);
  await fleet[Symbol.asyncDispose]();
});

Deno.test("a fleet that is stopped says which process had to be killed", async () => {
  const { fleet, one, lines } = openFleet();
  await fleet.start();
  one.stopsWith = "SIGKILL";
  await fleet[Symbol.asyncDispose]();
  assertEquals(lines, ["The process at http://one was killed: it did not stop in time"]);
});
