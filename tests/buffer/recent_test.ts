import { assert, assertEquals, assertLessOrEqual } from "../support/assert.ts";
import { RecentFingerprints } from "../../src/buffer/recent.ts";
import { FakeClock } from "../support/clock.ts";

const TTL_MS = 60_000;

function memory(capacity = Infinity) {
  const clock = new FakeClock(0);
  const recent = new RecentFingerprints({ clock, ttlMs: TTL_MS, capacity });
  return {
    clock,
    recent,
    has: (value: string) => recent.has(recent.hash(value), clock.now()),
    add: (...values: string[]) =>
      recent.add(values.map((v) => recent.hash(v)), clock.now() + TTL_MS),
  };
}

Deno.test("2.2 a fingerprint is seen until just before its deadline", () => {
  const { recent } = memory();
  recent.add([recent.hash("01")], 1000);
  assertEquals([0, 999, 1000, 2000].map((now) => recent.has(recent.hash("01"), now)), [
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

Deno.test("5.13 a fingerprint takes at most 40 bytes, and none is taken for another", () => {
  const { recent, clock, has } = memory();
  const text = (i: number) => `["page_viewed","user_${i}",null,null,${1_764_000_000 + i % 60}]`;
  for (let from = 0; from < 100_000; from += 100) {
    recent.add(
      Array.from({ length: 100 }, (_, i) => recent.hash(text(from + i))),
      clock.now() + TTL_MS,
    );
    if (from >= 10_000) assertLessOrEqual(recent.bytes / recent.size, 40, `at ${recent.size}`);
  }
  const known = Array.from({ length: 200_000 }, (_, i) => has(text(i)));
  assertEquals([known.indexOf(false), known.lastIndexOf(true)], [100_000, 99_999]);
});

Deno.test("5.13 texts that differ in length, case or by mistaken bytes have other hashes", () => {
  const { recent } = memory();
  const texts = [
    ...["", "a", "a\0", "a\0\0", "aaaa", "aaaa\0", "A"],
    ...["\u00e9", "\u00c3\u00a9", "\u4e16", "\u00e4\u00b8\u0096"], // the second: the first as Latin 1
    ...["x".repeat(150), "x".repeat(151), "\u4e16".repeat(150), "x".repeat(5_000)],
    "x".repeat(256),
  ];
  const hashes = new Set(texts.map((text) => recent.hash(text).join()));
  assertEquals(hashes.size, texts.length);
  assertEquals(recent.hash("x".repeat(5_000)), recent.hash("x".repeat(5_000)));
});

Deno.test("5.13 the next part of the TTL has room for as many fingerprints, and never for more than the capacity", async () => {
  const { clock, recent, add } = memory();
  add(...Array.from({ length: 10_000 }, (_, i) => `first ${i}`));
  const { bytes } = recent;
  await clock.advance(TTL_MS / 2);
  add("second");
  assertLessOrEqual(recent.bytes, 2 * bytes);
  const other = memory(3_000);
  for (let i = 0; i < 20_000; i++) other.add(`${i}`);
  assertLessOrEqual(other.recent.size, 3_000 + 3);
});
