/** Whether something stays as it is over a long time. */

/** A course of values, judged. */
export interface Course {
  /** The middle one of the first third after the warm-up. */
  readonly early: number;
  /** The middle one of the last third. */
  readonly late: number;
  readonly max: number;
  readonly flat: boolean;
}

/** The first share of the time fills caches. */
const WARM_UP = 0.2;

/** Judges values in the order of time: flat is what grows by less than a share of itself and a little. */
export function checkCourse(
  values: readonly number[],
  tolerance: { readonly share: number; readonly absolute: number },
): Course {
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

/** A line of bars from 0 to the greatest value. */
export function plot(values: readonly number[], width: number): string {
  const max = Math.max(...values, Number.MIN_VALUE);
  return Array.from({ length: Math.min(width, values.length) }, (_, i) => {
    const from = Math.floor(i * values.length / Math.min(width, values.length));
    const to = Math.floor((i + 1) * values.length / Math.min(width, values.length));
    const top = Math.max(...values.slice(from, to));
    return BARS[Math.min(BARS.length - 1, Math.floor(top / max * BARS.length))];
  }).join("");
}
