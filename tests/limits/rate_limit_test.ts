import { assertEquals, assertGreaterOrEqual, assertNotEquals } from "../support/assert.ts";
import { FakeClock } from "../support/clock.ts";
import { contextOf } from "../support/events.ts";
import { createRateLimit } from "../../src/limits/rate_limit.ts";
import type { Caller } from "../../src/events/types.ts";

function from(ip: string | null, userId: string | null = null): Caller {
  const identity = userId === null ? null : { userId, role: null, creatorId: null, brandId: null };
  return { identity, context: contextOf({ ip }) };
}

const ANN = from("203.0.113.1", "ann");

function open(eventsPerSecond: number | null, burst = 50) {
  const clock = new FakeClock();
  const limit = createRateLimit({ clock, eventsPerSecond, burst: () => burst });
  return { clock, limit, passed: (caller: Caller, n: number) => many(limit, caller, n) };
}

/** Sends `events` events and counts those that pass. */
function many(limit: (caller: Caller) => number | null, caller: Caller, n: number): number {
  return Array.from({ length: n }, () => limit(caller)).filter((wait) => wait === null).length;
}

Deno.test("2.8 without a limit everything passes", () => {
  assertEquals(open(null).passed(ANN, 1_000), 1_000);
});

Deno.test("2.8 2.14 a batch of 50 passes every five seconds, or ten events a second", async () => {
  const { clock, passed } = open(10);
  assertEquals(passed(ANN, 60), 50);
  await clock.advance(5_000);
  assertEquals(passed(ANN, 60), 50);
  for (let second = 0; second < 20; second++) {
    await clock.advance(1_000);
    assertEquals(passed(ANN, 15), 10);
  }
});

Deno.test("2.8 an event passes after Retry-After, and not much earlier", async () => {
  for (const rate of [0.2, 1, 3, 10, 1000]) {
    const { clock, limit, passed } = open(rate);
    passed(ANN, 50);
    const wait = limit(ANN) ?? 0;
    assertGreaterOrEqual(wait, 1);
    await clock.advance((wait - 1) * 1_000);
    if (wait > 1) assertNotEquals(limit(ANN), null, `${rate}/s passes early`);
    await clock.advance(1_000);
    assertEquals(limit(ANN), null, `${rate}/s after ${wait} s`);
  }
});

Deno.test("2.8 Retry-After holds for all rejected events of a batch", async () => {
  const { clock, limit, passed } = open(10);
  passed(ANN, 50);
  const waits = Array.from({ length: 30 }, () => limit(ANN) ?? 0);
  await clock.advance(Math.max(...waits) * 1_000);
  assertEquals(Math.max(...waits), 3);
  assertEquals(passed(ANN, 30), 30);
});

Deno.test("2.8 2.14 users are limited by user id, all others by address", () => {
  const { passed } = open(1, 1);
  assertEquals(passed(ANN, 2), 1);
  assertEquals(passed(from("203.0.113.9", "ann"), 1), 0, "the same user elsewhere");
  assertEquals(passed(from("203.0.113.1", "bob"), 1), 1);
  assertEquals(passed(from("203.0.113.1"), 1), 1);
  assertEquals(passed(from("203.0.113.2"), 1), 1);
  assertEquals(passed(from(null), 5), 5, "callers without an address are not limited");
});

Deno.test("2.8 2.14 an IPv6 caller is limited by its /64, however it is written", () => {
  const { passed } = open(1, 1);
  assertEquals(passed(from("2001:db8:1:2::1"), 1), 1);
  assertEquals(passed(from("2001:db8:1:2:a:b:c:d"), 1), 0);
  assertEquals(passed(from("2001:db8:1:3::1"), 1), 1);
  assertEquals(passed(from("2001:db8::1"), 1), 1);
  assertEquals(passed(from("2001:db8:0:0:9::"), 1), 0);
});

Deno.test("2.8 all spellings of an address are one caller, and mapped IPv4 addresses are separate ones", () => {
  const networks = [
    [
      "203.0.113.1",
      "::ffff:203.0.113.1",
      "[::ffff:203.0.113.1]:443",
      "203.0.113.1:80",
      "::FFFF:203.0.113.1",
    ],
    ["::ffff:203.0.113.2", "203.0.113.2"],
    ["2001:db8:1:2::1", "2001:0DB8:0001:0002::9", "[2001:db8:1:2::1]:443", "2001:db8:1:2::1%eth0"],
    ["2001:db8:1:3::1"],
    ["fe80::1%eth0", "fe80::2%eth1"],
  ];
  for (const addresses of networks) {
    const { passed } = open(1, 1);
    const passes = addresses.map((address) => passed(from(address), 1));
    assertEquals(passes, addresses.map((_, n) => n === 0 ? 1 : 0), String(addresses));
  }
  const { passed } = open(1, 1);
  for (const [address = ""] of networks) assertEquals(passed(from(address), 1), 1, address);
});

for (const [name, ms] of [["back", -3_600_000], ["forward", 3_600_000]] as const) {
  Deno.test(`2.8 a clock that is set ${name} changes nothing`, async () => {
    const { clock, passed } = open(10, 20);
    assertEquals(passed(ANN, 15), 15);
    clock.jump(ms);
    assertEquals(passed(ANN, 10), 5);
    await clock.advance(1_000);
    assertEquals(passed(ANN, 20), 10);
  });
}

Deno.test("2.8 the number of remembered callers is bounded", () => {
  const { limit } = open(1, 1);
  limit(ANN);
  for (let n = 0; n < 60_000; n++) limit(from(null, `user ${n}`));
  assertEquals(limit(ANN), null, "forgotten, and so as good as new");
});
