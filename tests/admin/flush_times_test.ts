import { labelOf, quantileOf } from "../../src/admin/flush_times.ts";
import { assert, assertEquals } from "../support/assert.ts";

function countsOf(durations: readonly number[]) {
  return durations.map((ms) => ({ label: labelOf(ms), count: 1 }));
}

Deno.test("quantiles of flushes are within half of the true ones, whatever they took", () => {
  const durations = Array.from({ length: 1_000 }, (_, i) => 3 + 2 * i);
  for (const [quantile, truth] of [[0.5, 1_003], [0.99, 1_983], [0.01, 23]] as const) {
    const told = quantileOf(countsOf(durations), quantile) ?? 0;
    assert(told > truth / 1.5 && told < truth * 1.5, `${quantile}: ${told} for ${truth}`);
  }
});

Deno.test("no flush has no quantile; the longest has one", () => {
  assertEquals(quantileOf([], 0.5), null);
  assert((quantileOf(countsOf([3_600_000]), 0.5) ?? 0) >= 10_000);
});

Deno.test("a minute of one process and another's add up", () => {
  const a = countsOf([10, 10, 10]);
  const b = countsOf([1_000]);
  assertEquals(quantileOf([...a, ...b], 0.5), quantileOf(countsOf([10, 10, 10, 1_000]), 0.5));
});
