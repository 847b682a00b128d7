import { createWorkLimit } from "../../src/limits/work_limit.ts";
import { assertEquals } from "../support/assert.ts";
import { FakeClock } from "../support/clock.ts";

Deno.test("2.19 a network may use two seconds at once, then a quarter of each", async () => {
  const clock = new FakeClock();
  const limit = createWorkLimit(clock);
  const [ann, bob] = ["203.0.113.1", "203.0.113.2"];
  for (let n = 0; n < 20; n++) limit.spend(ann, 100);
  assertEquals([limit.check(ann), limit.check(bob), limit.check(null)], [null, null, null]);
  limit.spend(ann, 600);
  assertEquals([limit.check(ann), limit.check(bob)], [3, null]);
  await clock.advance(2_000);
  assertEquals(limit.check(ann), 1);
  await clock.advance(1_000);
  assertEquals(limit.check(ann), null);
});

Deno.test("2.19 addresses of one IPv6 network share what they may use", () => {
  const limit = createWorkLimit(new FakeClock());
  limit.spend("2001:db8:1:2::1", 3_000);
  assertEquals(limit.check("2001:db8:1:2::2"), 4);
  assertEquals(limit.check("2001:db8:1:3::1"), null);
  const wide = createWorkLimit(new FakeClock(), 56);
  wide.spend("2001:db8:1:2::1", 3_000);
  assertEquals(wide.check("2001:db8:1:3::1"), 4);
});
