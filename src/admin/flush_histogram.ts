/** A histogram of flush durations, so that minutes and processes can be summed. */

/** Upper bounds in milliseconds; each is 1.5 times the previous one. */
const BOUNDS = Array.from({ length: 24 }, (_, i) => Math.round(1.5 ** (i + 1)));
const OVERFLOW = "longer";

/** The count of one bucket. */
export interface FlushCount {
  /** Upper bound of the bucket, as text. */
  readonly label: string;
  readonly count: number;
}

/** The label of the bucket for a flush of `ms` milliseconds. */
export function toBucket(ms: number): string {
  return String(BOUNDS.find((bound) => ms <= bound) ?? OVERFLOW);
}

/** Estimates a quantile in milliseconds, interpolated within its bucket; `null` without flushes. */
export function estimateQuantile(counts: readonly FlushCount[], quantile: number): number | null {
  const total = counts.reduce((sum, { count }) => sum + count, 0);
  if (total === 0) return null;
  const byLabel = Map.groupBy(counts, ({ label }) => label);
  const rank = quantile * total;
  let below = 0;
  let lower = 0;
  for (const bound of BOUNDS) {
    const here = byLabel.get(String(bound))?.reduce((sum, { count }) => sum + count, 0) ?? 0;
    if (here > 0 && below + here >= rank) {
      return Math.round(lower + (bound - lower) * (rank - below) / here);
    }
    below += here;
    lower = bound;
  }
  return lower;
}
