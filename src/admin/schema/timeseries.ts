/** The schemas of `admin.timeseries`. */

import { z } from "zod";

/** Measures that a plot can show. */
export const MEASURES = [
  "type",
  "source",
  "channel",
  "device",
  "country",
  "duplicates",
  "rejected",
  "flush",
] as const;
/** See `MEASURES`. */
export type Measure = typeof MEASURES[number];
/** Time ranges of a plot. */
export const RANGES = ["hour", "day", "month"] as const;
/** See `RANGES`. */
export type Range = typeof RANGES[number];

/** Input of `admin.timeseries`. */
export const timeseriesInput = z.object({ measure: z.enum(MEASURES), range: z.enum(RANGES) });
/** See `timeseriesInput`. */
export type TimeseriesInput = z.infer<typeof timeseriesInput>;

/** Output of `admin.timeseries`. */
export const timeseries = z.object({
  /** Start of each step in epoch seconds, without gaps; the last step is still in progress. */
  times: z.array(z.int()),
  stepSeconds: z.int(),
  /** Event counts, or for `flush` the quantiles of flush durations in milliseconds. */
  unit: z.enum(["events", "ms"]),
  /** Largest first, then `other` for the rest; a value is `null` if there is no data. */
  series: z.array(z.object({ name: z.string(), values: z.array(z.number().nullable()) })),
});
/** See `timeseries`. */
export type Timeseries = z.infer<typeof timeseries>;
