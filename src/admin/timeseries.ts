/** Timeseries for plots: steps without gaps, the largest labels by name, the rest as `other`. */

import type { Clock } from "../clock.ts";
import type { Database } from "../store/database.ts";
import { readCounts, type StepCount } from "../store/plots.ts";
import { estimateQuantile } from "./flush_histogram.ts";
import type { Range, Timeseries, TimeseriesInput } from "./schema/timeseries.ts";

/** Options of `readTimeseries`. */
export interface PlotOptions {
  readonly database: Pick<Database, "run">;
  readonly clock: Pick<Clock, "now">;
}

/** Length and number of steps. */
const STEPS: Readonly<Record<Range, { readonly seconds: number; readonly count: number }>> = {
  hour: { seconds: 60, count: 60 },
  day: { seconds: 15 * 60, count: 96 },
  month: { seconds: 6 * 3600, count: 120 },
};
const MAX_SERIES = 8;
const QUANTILES = { p50: 0.5, p99: 0.99 } as const;

/** Reads a timeseries whose last step contains the current time. */
export async function readTimeseries(
  { database, clock }: PlotOptions,
  { measure, range }: TimeseriesInput,
): Promise<Timeseries> {
  const { seconds: stepSeconds, count } = STEPS[range];
  const last = Math.floor(clock.now() / 1000 / stepSeconds) * stepSeconds;
  const times = Array.from({ length: count }, (_, i) => last - (count - 1 - i) * stepSeconds);
  const from = times[0] ?? last;
  const counts = await database.run((sql) => readCounts(sql, measure, { from, stepSeconds }));
  const inRange = counts.filter(({ at }) => at >= from && at <= last); // an event's time may be slightly in the future
  return measure === "flush"
    ? { times, stepSeconds, unit: "ms", series: toQuantiles(times, inRange) }
    : { times, stepSeconds, unit: "events", series: toSeries(times, inRange) };
}

function toSeries(times: readonly number[], counts: readonly StepCount[]): Timeseries["series"] {
  const totals = new Map<string, number>();
  for (const { label, count } of counts) totals.set(label, (totals.get(label) ?? 0) + count);
  const names = [...totals].filter(([, total]) => total > 0).sort((a, b) =>
    b[1] - a[1] || (a[0] < b[0] ? -1 : 1)
  )
    .map(([name]) => name);
  const named = names.length <= MAX_SERIES ? names : names.slice(0, MAX_SERIES - 1);
  const all = names.length > named.length ? [...named, null] : named;
  const steps = new Map(times.map((time, i) => [time, i]));
  const columns = new Map(all.map((name) => [name, times.map(() => 0)]));
  for (const { at, label, count } of counts) {
    const values = columns.get(label) ?? columns.get(null);
    const step = steps.get(at);
    if (values !== undefined && step !== undefined) values[step] = (values[step] ?? 0) + count;
  }
  return [...columns].map(([name, values]) => ({ name: name ?? "other", values }));
}

function toQuantiles(times: readonly number[], counts: readonly StepCount[]): Timeseries["series"] {
  const byStep = Map.groupBy(counts, ({ at }) => at);
  return Object.entries(QUANTILES).map(([name, quantile]) => ({
    name,
    values: times.map((time) => estimateQuantile(byStep.get(time) ?? [], quantile)),
  }));
}
