import { assertEquals } from "../support/assert.ts";
import { RecentFingerprints } from "../../src/buffer/recent.ts";
import type { Sameness } from "../../src/events/types.ts";

function seen(...bytes: number[]): Sameness {
  return { by: "fingerprint", second: 1, hash: Uint8Array.from(bytes).toHex() };
}

Deno.test("2.2 a fingerprint is certainly seen until its deadline, and not at it", () => {
  const recent = new RecentFingerprints(10);
  recent.add(seen(1), 1000);
  assertEquals([0, 999, 1000, 2000].map((now) => recent.has(seen(1), now)), [
    true,
    true,
    false,
    false,
  ]);
});

Deno.test("what was never added was not seen", () => {
  const recent = new RecentFingerprints(10);
  assertEquals(recent.has(seen(1), 0), false);
  recent.add(seen(1, 2), 1000);
  for (const other of [seen(1), seen(2, 1), seen(1, 2, 0), seen(1, 3)]) {
    assertEquals(recent.has(other, 0), false);
  }
});

Deno.test("a fingerprint that is added again is seen until its new deadline", () => {
  const recent = new RecentFingerprints(10);
  recent.add(seen(1), 1000);
  recent.add(seen(1), 5000);
  assertEquals(recent.has(seen(1), 4999), true);
});

Deno.test("no more are remembered than the capacity, the oldest are forgotten first", () => {
  const recent = new RecentFingerprints(3);
  for (const byte of [1, 2, 3, 4, 5]) recent.add(seen(byte), 1000);
  assertEquals([1, 2, 3, 4, 5].map((byte) => recent.has(seen(byte), 0)), [
    false,
    false,
    true,
    true,
    true,
  ]);
});

Deno.test("5.3 events that have no fingerprint are never seen, and take no room", () => {
  const recent = new RecentFingerprints(1);
  recent.add(seen(1), 1000);
  const keyed: Sameness = { by: "idempotency_key", key: "k", contentHash: "h" };
  for (const sameness of [keyed, { by: "nothing" }] as const) {
    recent.add(sameness, 1000);
    assertEquals(recent.has(sameness, 0), false);
  }
  assertEquals(recent.has(seen(1), 0), true);
});
