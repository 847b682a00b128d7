import * as fc from "fast-check";
import {
  assertEquals,
  assertGreaterOrEqual,
  assertLessOrEqual,
  assertThrows,
} from "../support/assert.ts";
import { quantile, toSpread } from "./statistics.ts";

Deno.test("the median of an odd number of values is the middle one, in any order", () => {
  assertEquals(toSpread([30, 4, 100]), { median: 30, min: 4, max: 100 });
});

Deno.test("the median of an even number of values is the mean of the two in the middle", () => {
  assertEquals(toSpread([1, 2, 4, 100]).median, 3);
});

Deno.test("a quantile between two values is interpolated linearly", () => {
  assertEquals([0, 0.25, 0.99, 1].map((q) => quantile([0, 100], q)), [0, 25, 99, 100]);
});

Deno.test("a quantile of no values throws", () => {
  assertThrows(() => quantile([], 0.5), RangeError);
});

Deno.test("every quantile is between minimum and maximum and grows with q", () => {
  const numbers = fc.array(fc.double({ noNaN: true, min: -1e9, max: 1e9 }), { minLength: 1 });
  const share = fc.double({ noNaN: true, min: 0, max: 1 });
  fc.assert(fc.property(numbers, share, share, (values, a, b) => {
    const [low, high] = [quantile(values, Math.min(a, b)), quantile(values, Math.max(a, b))];
    assertGreaterOrEqual(low, Math.min(...values));
    assertLessOrEqual(low, high);
    assertLessOrEqual(high, Math.max(...values));
  }));
});
