import {
  assert,
  assertEquals,
  assertGreater,
  assertGreaterOrEqual,
  assertLess,
  assertRejects,
  assertStrictEquals,
} from "../support/assert.ts";
import { FakeClock } from "../support/clock.ts";
import { LockedKv } from "../support/locked_kv.ts";
import { retryingKv, retryWhenLocked } from "../../src/kv/retry_when_locked.ts";

function locked(): Error {
  return new Error("database is locked");
}

/** Fails so many times, then succeeds. */
function failing(times: number, error: () => unknown = locked) {
  let calls = 0;
  return {
    get calls() {
      return calls;
    },
    work: () => {
      calls += 1;
      return calls <= times ? Promise.reject(error()) : Promise.resolve(`call ${calls}`);
    },
  };
}

/** Advances the clock until `promise` settles. */
async function passTime<T>(clock: FakeClock, promise: Promise<T>): Promise<T> {
  let settled = false;
  const done = () => void (settled = true);
  promise.then(done, done);
  for (let step = 0; step < 100_000 && !settled; step++) {
    // Several turns of the microtask queue: the promise depends on a chain of awaits.
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    if (!settled) await clock.advance(1);
  }
  assert(settled, "the promise never settled");
  return await promise;
}

function optionsOf(random = 0.5) {
  const clock = new FakeClock(0);
  return { clock, random: () => random };
}

Deno.test("work that succeeds runs once, without a pause", async () => {
  const options = optionsOf();
  const { work } = failing(0);
  assertEquals(await retryWhenLocked(work, options), "call 1");
  assertEquals([options.clock.now(), options.clock.pending], [0, 0]);
});

for (
  const message of ["database is locked", "database table is locked", "database is busy: snapshot"]
) {
  Deno.test(`"${message}" is retried until it succeeds`, async () => {
    const options = optionsOf();
    const attempt = failing(7, () => new Error(message));
    assertEquals(await passTime(options.clock, retryWhenLocked(attempt.work, options)), "call 8");
  });
}

Deno.test("any other error is thrown at once", async () => {
  for (const error of [new Error("disk is full"), new TypeError("bad key"), "database is locked"]) {
    const attempt = failing(1, () => error);
    const passed = await retryWhenLocked(attempt.work, optionsOf()).catch((caught) => caught);
    assertStrictEquals(passed, error);
    assertEquals(attempt.calls, 1);
  }
});

Deno.test("pauses double from 1 to 16 ms, each multiplied by a random factor", async () => {
  const clock = new FakeClock(0);
  const pauses: number[] = [];
  clock.sleep = (ms) => Promise.resolve(void pauses.push(ms));
  await retryWhenLocked(failing(7).work, { clock, random: () => 0.5 });
  assertEquals(pauses, [0.5, 1, 2, 4, 8, 8, 8]);
});

Deno.test("2.16 retrying ends after ten seconds, or the time given, with the original error", async () => {
  for (const [given, expected] of [[{}, 10_000], [{ giveUpAfterMs: 300 }, 300]] as const) {
    const options = optionsOf(0.999);
    const attempt = failing(Infinity);
    const promise = retryWhenLocked(attempt.work, { ...options, ...given });
    await assertRejects(() => passTime(options.clock, promise), Error, "database is locked");
    assertGreaterOrEqual(options.clock.now(), expected);
    assertLess(options.clock.now(), expected + 20);
    assertGreater(attempt.calls, expected / 16);
  }
});

Deno.test("2.16 each read and write of a retrying KV waits while the KV is locked", async () => {
  const fake = new LockedKv();
  const options = optionsOf();
  const kv = retryingKv(fake.kv, options);
  const operations: Record<string, () => Promise<unknown>> = {
    set: () => kv.set(["a"], 1),
    get: () => kv.get(["a"]),
    getMany: () => kv.getMany([["a"], ["b"]]),
    delete: () => kv.delete(["a"]),
    commit: () => kv.atomic().check({ key: ["a"], versionstamp: null }).set(["a"], 2).commit(),
    list: () => Array.fromAsync(kv.list({ prefix: ["a"] }), ({ key }) => key),
  };
  for (const [name, operation] of Object.entries(operations)) {
    fake.lock(3);
    const result = await passTime(options.clock, operation());
    assertEquals(result, fake.results[name], name);
    assertGreaterOrEqual(fake.calls.splice(0).filter((call) => call === name).length, 4, name);
  }
});

Deno.test("a list that is locked midway continues from where it was", async () => {
  const fake = new LockedKv();
  const options = optionsOf();
  const iterator = retryingKv(fake.kv, options).list({ prefix: ["a"] });
  const first = await iterator.next();
  fake.lock(2);
  const second = await passTime(options.clock, iterator.next());
  assertEquals([first.value?.key, second.value?.key], [["a", 1], ["a", 2]]);
  assertEquals((await iterator.next()).done, true);
});

Deno.test("a retrying KV passes arguments and results through unchanged", async () => {
  const fake = new LockedKv();
  const kv = retryingKv(fake.kv, optionsOf());
  await kv.set(["a"], "value", { expireIn: 5 });
  await kv.getMany([["a"]], { consistency: "eventual" });
  assertEquals(fake.arguments, [
    [["a"], "value", { expireIn: 5 }],
    [[["a"]], { consistency: "eventual" }],
  ]);
  kv.close();
  assertEquals(fake.calls.at(-1), "close");
});
