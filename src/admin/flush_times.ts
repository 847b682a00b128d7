/** Durations of flushes, kept as a histogram: it can be added up over minutes and processes. */

/** Upper bounds in milliseconds: half as much again from one to the next. */
const BOUNDS = Array.from({ length: 24 }, (_, i) => Math.round(1.5 ** (i + 1)));
const LAST = "longer";

/** How many flushes took up to a bound. */
export interface FlushCount {
  /** A bound, as text. */
  readonly label: string;
  readonly count: number;
}

/** The label under which a flush of `ms` is counted. */
export function labelOf(ms: number): string {
  return String(BOUNDS.find((bound) => ms <= bound) ?? LAST);
}

/** A quantile in milliseconds, between the bounds around it; `null` of nothing. */
export function quantileOf(counts: readonly FlushCount[], quantile: number): number | null {
  const total = counts.reduce((sum, { count }) => sum + count, 0);
  if (total === 0) return null;
  const byLabel = Map.groupBy(counts, ({ label }) => label);
  const wanted = quantile * total;
  let below = 0;
  let lower = 0;
  for (const bound of BOUNDS) {
    const here = byLabel.get(String(bound))?.reduce((sum, { count }) => sum + count, 0) ?? 0;
    if (here > 0 && below + here >= wanted) {
      return Math.round(lower + (bound - lower) * (wanted - below) / here);
    }
    below += here;
    lower = bound;
  }
  return lower;
}
