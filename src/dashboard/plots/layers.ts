/** What uPlot is given: series in layers, one upon the other, or as lines. */

import type { Timeseries } from "../../admin/schema.ts";

/** What is drawn. */
export interface Layers {
  /** `x`, then each series as it is drawn: the hindmost first. */
  readonly columns: readonly (readonly (number | null)[])[];
  /** Of each drawn series, which of the data's it is. */
  readonly order: readonly number[];
}

/** Counts are stacked; times are not: a median upon a median is nothing. */
export function layersOf({ times, stepSeconds, unit, series }: Timeseries, hidden: Hidden): Layers {
  const shown = series.flatMap(({ name }, i) => hidden.has(name) ? [] : [i]);
  const end = (times.at(-1) ?? 0) + stepSeconds; // else the last step had no width
  if (unit === "ms") {
    return { columns: [times, ...shown.map((i) => series[i]?.values ?? [])], order: shown };
  }
  const sums = times.map(() => 0);
  const stacked = shown.map((i) =>
    times.map((_, at) => sums[at] = (sums[at] ?? 0) + (series[i]?.values[at] ?? 0))
  );
  // The highest sum first: the lower ones are painted over it.
  const columns = stacked.toReversed().map((values) => [...values, values.at(-1) ?? 0]);
  return { columns: [[...times, end], ...columns], order: shown.toReversed() };
}

/** Names of series that are not drawn. */
export type Hidden = ReadonlySet<string>;
