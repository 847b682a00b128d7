import { assertEquals } from "../support/assert.ts";
import { FakeClock } from "../support/clock.ts";
import { Deadline } from "../../src/http/deadline.ts";

const never = new Promise<string>(() => {});

Deno.test("work that ends in time is not affected, and no timer is left", async () => {
  const clock = new FakeClock();
  const deadline = new Deadline(clock, 1_000);
  assertEquals(await deadline.within(Promise.resolve("done"), "late"), "done");
  const failed = deadline.within(Promise.reject(new Error("its own")), "late");
  assertEquals(await failed.catch((error) => error.message), "its own");
  await clock.advance(1_000);
  assertEquals(clock.pending, 0);
});

Deno.test("a closed deadline leaves no timer after the last wait", async () => {
  const clock = new FakeClock();
  const deadline = new Deadline(clock, 1_000);
  const work = Promise.withResolvers<string>();
  const waits = [deadline.within(work.promise, "late")];
  deadline[Symbol.dispose]();
  waits.push(deadline.within(work.promise, "late"));
  assertEquals(clock.pending, 1);
  work.resolve("done");
  assertEquals(await Promise.all(waits), ["done", "done"]);
  assertEquals(clock.pending, 0);
  assertEquals(await deadline.within(Promise.resolve("after"), "late"), "after");
  assertEquals(clock.pending, 0);
});

Deno.test("each wait has the full time with one timer for all, whatever the clock is set to", async () => {
  const clock = new FakeClock();
  const deadline = new Deadline(clock, 1_000);
  const log: string[] = [];
  const begin = (name: string) => deadline.within(never, name).then((late) => log.push(late));
  const waits = [begin("a"), begin("b")];
  await clock.advance(400);
  waits.push(begin("c"));
  clock.jump(3_600_000);
  await clock.advance(599);
  assertEquals([log, clock.pending], [[], 1]);
  await clock.advance(1);
  await Promise.all(waits.slice(0, 2));
  assertEquals([log, clock.pending], [["a", "b"], 1]);
  clock.jump(-7_200_000);
  await clock.advance(399);
  assertEquals(log, ["a", "b"]);
  await clock.advance(1);
  await waits[2];
  assertEquals([log, clock.pending], [["a", "b", "c"], 0]);
});
