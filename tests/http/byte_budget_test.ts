import { ByteBudget } from "../../src/http/byte_budget.ts";
import { assertEquals } from "../support/assert.ts";

Deno.test("2.18 one address gets half of the bytes, and others get the other half", () => {
  const budget = new ByteBudget(1_000);
  const [ann, ben, cem] = ["203.0.113.1", "203.0.113.2", null].map((ip) => budget.open(ip));
  assertEquals([ann?.take(400), ann?.take(101), ann?.take(100)], [true, false, true]);
  assertEquals([ben?.take(250), ben?.take(1), cem?.take(250), cem?.take(1)], [
    true,
    false,
    true,
    false,
  ]);
  assertEquals(budget.held, 1_000);
});

Deno.test("2.18 an address that holds more than a quarter waits until half of the bytes are free again", () => {
  const budget = new ByteBudget(1_000);
  const [ann, ben] = [budget.open("203.0.113.1"), budget.open("203.0.113.2")];
  assertEquals([ann.take(300), ben.take(200)], [true, true]);
  assertEquals([ann.take(1), ben.take(50)], [false, true]);
  ben.release();
  assertEquals([ann.take(200), ann.take(1)], [true, false]);
});

Deno.test("2.18 requests of one network share what it gets, and leave nothing behind", () => {
  const budget = new ByteBudget(1_000, 56);
  const ips = ["2001:db8:1:200::1", "2001:db8:1:2ff::1", "2001:db8:1:200::1", "2001:db8:2::1"];
  const holds = ips.map((ip) => budget.open(ip));
  assertEquals(budget.networks, 2);
  assertEquals(holds.map((hold) => hold.take(200)), [true, true, false, true]);
  for (const hold of holds) hold.release();
  assertEquals([budget.held, budget.networks], [0, 0]);
});
