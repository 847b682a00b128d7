import { estimateQuantile, toBucket } from "../../src/admin/flush_histogram.ts";
import { assert, assertEquals, assertGreaterOrEqual } from "../support/assert.ts";

function countsOf(durations: readonly number[]) {
  return durations.map((ms) => ({ label: toBucket(ms), count: 1 }));
}

Deno.test("estimated quantiles are within a factor of 1.5 of the true ones", () => {
  const durations = Array.from({ length: 1_000 }, (_, i) => 3 + 2 * i);
  for (const [quantile, truth] of [[0.5, 1_003], [0.99, 1_983], [0.01, 23]] as const) {
    const estimate = estimateQuantile(countsOf(durations), quantile) ?? 0;
    assert(
      estimate > truth / 1.5 && estimate < truth * 1.5,
      `${quantile}: ${estimate}, not ${truth}`,
    );
  }
});

Deno.test("there is no quantile without flushes, and one beyond the last bound has one", () => {
  assertEquals(estimateQuantile([], 0.5), null);
  assertGreaterOrEqual(estimateQuantile(countsOf([3_600_000]), 0.5) ?? 0, 10_000);
});

Deno.test("histograms of several processes add up", () => {
  const a = countsOf([10, 10, 10]);
  const b = countsOf([1_000]);
  assertEquals(
    estimateQuantile([...a, ...b], 0.5),
    estimateQuantile(countsOf([10, 10, 10, 1_000]), 0.5),
  );
});
