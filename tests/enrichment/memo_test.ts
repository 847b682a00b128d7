import { memoized } from "../../src/enrichment/memo.ts";
import { assert, assertEquals } from "../support/assert.ts";

function counting(limit: number) {
  const asked: string[] = [];
  const remembered = memoized(limit, (key) => {
    asked.push(key);
    return key.toUpperCase();
  });
  return { asked, remembered };
}

Deno.test("what was asked lately is not computed again", () => {
  const { asked, remembered } = counting(4);
  const answers = ["a", "b", "a", "b", "a"].map(remembered);
  assertEquals([answers, asked], [["A", "B", "A", "B", "A"], ["a", "b"]]);
});

Deno.test("what is asked again and again is kept, whatever else is asked", () => {
  const { asked, remembered } = counting(4);
  for (let i = 0; i < 100; i++) {
    remembered("often");
    remembered(`once ${i}`);
  }
  assertEquals(asked.filter((key) => key === "often").length, 1);
});

Deno.test("no more answers than the limit are kept, and at least half as many", () => {
  const { asked, remembered } = counting(10);
  const keys = Array.from({ length: 100 }, (_, i) => String(i));
  keys.forEach(remembered);
  asked.length = 0;
  for (const key of keys.slice(-5)) remembered(key);
  assertEquals(asked, []);
  for (const key of keys.slice(0, -10)) remembered(key);
  assert(asked.length === 90, "the oldest are forgotten");
});

Deno.test("long strings are answered, and not remembered", () => {
  const { asked, remembered } = counting(10);
  const long = "a".repeat(1025);
  assertEquals([remembered(long), remembered(long)], [long.toUpperCase(), long.toUpperCase()]);
  assertEquals(asked.length, 2);
});
