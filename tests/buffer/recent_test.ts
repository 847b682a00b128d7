import { assert, assertEquals } from "../support/assert.ts";
import { RecentFingerprints } from "../../src/buffer/recent.ts";
import type { DedupKey } from "../../src/events/types.ts";
import { FakeClock } from "../support/clock.ts";

const TTL_MS = 60_000;

function seen(value: string): DedupKey {
  return { by: "fingerprint", second: 1, value };
}

function memory(capacity = Infinity) {
  const clock = new FakeClock(0);
  const recent = new RecentFingerprints({ clock, ttlMs: TTL_MS, capacity });
  return {
    clock,
    recent,
    has: (value: string) => recent.has(seen(value), clock.now()),
    add: (...values: string[]) => recent.add(values, clock.now() + TTL_MS),
  };
}

Deno.test("2.2 a fingerprint is seen until just before its deadline", () => {
  const { recent } = memory();
  recent.add(["01"], 1000);
  assertEquals([0, 999, 1000, 2000].map((now) => recent.has(seen("01"), now)), [
    true,
    true,
    false,
    false,
  ]);
});

Deno.test("a fingerprint that was never added is not seen", () => {
  const { has, add } = memory();
  assertEquals(has("01"), false);
  add("0102");
  for (const other of ["01", "0201", "010200", "0103"]) assertEquals(has(other), false);
});

Deno.test("a fingerprint that is added again is seen until its new deadline", async () => {
  const { clock, has, add } = memory();
  add("01");
  await clock.advance(TTL_MS);
  assertEquals(has("01"), false);
  add("01");
  await clock.advance(TTL_MS - 1);
  assertEquals(has("01"), true);
});

Deno.test("no more fingerprints than the capacity are remembered; the oldest are forgotten first", () => {
  const { has, add } = memory(3);
  for (const value of ["1", "2", "3", "4", "5"]) add(value);
  assertEquals(["1", "2", "3", "4", "5"].map(has), [false, false, true, true, true]);
});

Deno.test("without a capacity none is forgotten before its deadline, and none is kept forever", async () => {
  const { clock, recent, has, add } = memory();
  for (let second = 0; second < 300; second++) {
    add(`${second} a`, `${second} b`);
    for (let age = 0; age < 60; age++) {
      if (second >= age) assert(has(`${second - age} b`), `${age} s old at ${second} s`);
    }
    await clock.advance(1000);
  }
  assert(recent.size <= 2 * 91, `${recent.size} are remembered`);
});

Deno.test("fingerprints are forgotten even if the clock is set back", async () => {
  const { clock, recent, add } = memory();
  for (let second = 0; second < 60; second++) {
    add(`${second}`);
    await clock.advance(1000);
  }
  clock.jump(-3_600_000);
  for (let second = 0; second < 300; second++) {
    add(`later ${second}`);
    await clock.advance(1000);
  }
  assert(recent.size <= 91, `${recent.size} are remembered`);
});

Deno.test("5.3 events without a fingerprint are never seen", () => {
  const { clock, recent, has, add } = memory();
  add("k");
  const keyed: DedupKey = { by: "idempotency_key", key: "k", contentHash: "h" };
  for (const dedupKey of [keyed, { by: "nothing" }] as const) {
    assertEquals(recent.has(dedupKey, clock.now()), false);
  }
  assertEquals(has("k"), true);
});
