import { assertEquals } from "../support/assert.ts";
import { RecentFingerprints } from "../../src/buffer/recent.ts";
import type { Sameness } from "../../src/events/types.ts";

function seen(hash: string): Sameness {
  return { by: "fingerprint", second: 1, value: hash };
}

Deno.test("2.2 a fingerprint is certainly seen until its deadline, and not at it", () => {
  const recent = new RecentFingerprints(10);
  recent.add("01", 1000, 0);
  assertEquals([0, 999, 1000, 2000].map((now) => recent.has(seen("01"), now)), [
    true,
    true,
    false,
    false,
  ]);
});

Deno.test("what was never added was not seen", () => {
  const recent = new RecentFingerprints(10);
  assertEquals(recent.has(seen("01"), 0), false);
  recent.add("0102", 1000, 0);
  for (const other of ["01", "0201", "010200", "0103"]) {
    assertEquals(recent.has(seen(other), 0), false);
  }
});

Deno.test("a fingerprint that is added again is seen until its new deadline", () => {
  const recent = new RecentFingerprints(10);
  recent.add("01", 1000, 0);
  recent.add("01", 5000, 0);
  assertEquals(recent.has(seen("01"), 4999), true);
});

Deno.test("no more are remembered than the capacity, the oldest are forgotten first", () => {
  const recent = new RecentFingerprints(3);
  for (const hash of ["1", "2", "3", "4", "5"]) recent.add(hash, 1000, 0);
  assertEquals(["1", "2", "3", "4", "5"].map((hash) => recent.has(seen(hash), 0)), [
    false,
    false,
    true,
    true,
    true,
  ]);
});

Deno.test("without a capacity none is forgotten before its deadline, and none is kept for ever after", () => {
  const recent = new RecentFingerprints(Infinity);
  for (let i = 0; i < 1000; i++) recent.add(`early ${i}`, 1000, 0);
  assertEquals(recent.size, 1000);
  assertEquals(recent.has(seen("early 0"), 999), true);
  for (let i = 0; i < 1000; i++) recent.add(`late ${i}`, 2000, 1000);
  assertEquals(recent.size, 1000);
  assertEquals([recent.has(seen("late 0"), 1999), recent.has(seen("late 999"), 1999)], [
    true,
    true,
  ]);
});

Deno.test("5.3 events that have no fingerprint are never seen", () => {
  const recent = new RecentFingerprints(1);
  recent.add("k", 1000, 0);
  const keyed: Sameness = { by: "idempotency_key", key: "k", contentHash: "h" };
  for (const sameness of [keyed, { by: "nothing" }] as const) {
    assertEquals(recent.has(sameness, 0), false);
  }
  assertEquals(recent.has(seen("k"), 0), true);
});
