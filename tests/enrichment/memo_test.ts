import { memoize } from "../../src/enrichment/memo.ts";
import { assert, assertEquals } from "../support/assert.ts";

function counting(limit: number) {
  const computed: string[] = [];
  const cached = memoize(limit, (key) => {
    computed.push(key);
    return key.toUpperCase();
  });
  return { computed, cached };
}

Deno.test("a recent result is not computed again", () => {
  const { computed, cached } = counting(4);
  const results = ["a", "b", "a", "b", "a"].map(cached);
  assertEquals([results, computed], [["A", "B", "A", "B", "A"], ["a", "b"]]);
});

Deno.test("a key that is used often stays cached, whatever else is used", () => {
  const { computed, cached } = counting(4);
  for (let i = 0; i < 100; i++) {
    cached("often");
    cached(`once ${i}`);
  }
  assertEquals(computed.filter((key) => key === "often").length, 1);
});

Deno.test("at most the limit is cached, and at least half of it", () => {
  const { computed, cached } = counting(10);
  const keys = Array.from({ length: 100 }, (_, i) => String(i));
  keys.forEach(cached);
  computed.length = 0;
  for (const key of keys.slice(-5)) cached(key);
  assertEquals(computed, []);
  for (const key of keys.slice(0, -10)) cached(key);
  assert(computed.length === 90, "the oldest are dropped");
});

Deno.test("results of long keys are not cached", () => {
  const { computed, cached } = counting(10);
  const long = "a".repeat(1025);
  assertEquals([cached(long), cached(long)], [long.toUpperCase(), long.toUpperCase()]);
  assertEquals(computed.length, 2);
});
