/** Tells whether a value grows over a long time. */

/** The trend of a series of values. */
export interface Trend {
  /** Median of the first third after the warm-up. */
  readonly early: number;
  /** Median of the last third. */
  readonly late: number;
  readonly max: number;
  readonly flat: boolean;
}

/** Share of the series in which caches fill. */
const WARM_UP = 0.2;

/** Computes the trend; it is flat if growth stays within `share` of the early value plus `absolute`. */
export function checkTrend(
  values: readonly number[],
  tolerance: { readonly share: number; readonly absolute: number },
): Trend {
  const warm = values.slice(Math.floor(values.length * WARM_UP));
  const third = Math.max(1, Math.floor(warm.length / 3));
  const early = median(warm.slice(0, third));
  const late = median(warm.slice(-third));
  return {
    early,
    late,
    max: Math.max(...values),
    flat: late <= early * (1 + tolerance.share) + tolerance.absolute,
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

const BARS = "▁▂▃▄▅▆▇█";

/** Draws values as a line of bars, scaled to the maximum. */
export function plot(values: readonly number[], width: number): string {
  const max = Math.max(...values, Number.MIN_VALUE);
  return Array.from({ length: Math.min(width, values.length) }, (_, i) => {
    const from = Math.floor(i * values.length / Math.min(width, values.length));
    const to = Math.floor((i + 1) * values.length / Math.min(width, values.length));
    const top = Math.max(...values.slice(from, to));
    return BARS[Math.min(BARS.length - 1, Math.floor(top / max * BARS.length))];
  }).join("");
}
