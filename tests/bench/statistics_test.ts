import * as fc from "fast-check";
import { assert, assertEquals, assertThrows } from "../support/assert.ts";
import { quantile, spreadOf } from "./statistics.ts";

Deno.test("the median of an odd number of values is the one in the middle, whatever their order", () => {
  assertEquals(spreadOf([30, 4, 100]), { median: 30, min: 4, max: 100 });
});

Deno.test("the median of an even number of values is between the two in the middle", () => {
  assertEquals(spreadOf([1, 2, 4, 100]).median, 3);
});

Deno.test("a quantile between two values is as far between them as it says", () => {
  assertEquals([0, 0.25, 0.99, 1].map((q) => quantile([0, 100], q)), [0, 25, 99, 100]);
});

Deno.test("of no values there is no quantile", () => {
  assertThrows(() => quantile([], 0.5), RangeError);
});

Deno.test("any quantile lies within the values and grows with its share", () => {
  const numbers = fc.array(fc.double({ noNaN: true, min: -1e9, max: 1e9 }), { minLength: 1 });
  const share = fc.double({ noNaN: true, min: 0, max: 1 });
  fc.assert(fc.property(numbers, share, share, (values, a, b) => {
    const [low, high] = [quantile(values, Math.min(a, b)), quantile(values, Math.max(a, b))];
    assert(low >= Math.min(...values) && low <= high && high <= Math.max(...values));
  }));
});
