/** Converts a timeseries to uPlot's columns: stacked layers for counts, lines for durations. */

import type { Timeseries } from "../../admin/schema/timeseries.ts";

/** Data and drawing order of a chart. */
export interface Layers {
  /** `x`, then the series in drawing order, back to front. */
  readonly columns: readonly (readonly (number | null)[])[];
  /** Index of each drawn series in the timeseries. */
  readonly order: readonly number[];
}

/** Counts are stacked. Durations are not: the sum of two quantiles has no meaning. */
export function toLayers({ times, stepSeconds, unit, series }: Timeseries, hidden: Hidden): Layers {
  const shown = series.flatMap(({ name }, i) => hidden.has(name) ? [] : [i]);
  const end = (times.at(-1) ?? 0) + stepSeconds; // gives the last step a width
  if (unit === "ms") {
    return { columns: [times, ...shown.map((i) => series[i]?.values ?? [])], order: shown };
  }
  const sums = times.map(() => 0);
  const stacked = shown.map((i) =>
    times.map((_, at) => sums[at] = (sums[at] ?? 0) + (series[i]?.values[at] ?? 0))
  );
  // Largest sum first: the smaller ones are painted over it.
  const columns = stacked.toReversed().map((values) => [...values, values.at(-1) ?? 0]);
  return { columns: [[...times, end], ...columns], order: shown.toReversed() };
}

/** Names of series that are switched off. */
export type Hidden = ReadonlySet<string>;
