/** A compact histogram of latencies, with buckets that grow by 1 %. */

const LOG_GROWTH = Math.log(1.01);
const SMALLEST_MS = 0.01;

/** Counts durations and returns their percentiles, exact to 1 %. */
export class LatencyHistogram {
  readonly #counts: number[] = [];
  #count = 0;
  #max = 0;

  /** Adds a duration in milliseconds. */
  add(ms: number): void {
    const bucket = Math.max(
      0,
      Math.ceil(Math.log(Math.max(ms, SMALLEST_MS) / SMALLEST_MS) / LOG_GROWTH),
    );
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#count++;
    this.#max = Math.max(this.#max, ms);
  }

  /** The longest duration added, in milliseconds. */
  get max(): number {
    return this.#max;
  }

  /** The duration, in milliseconds, that a share `p` (0 to 1) did not exceed; 0 if none was added. */
  percentile(p: number): number {
    let remaining = Math.ceil(this.#count * p);
    if (remaining === 0) return 0;
    const bucket = this.#counts.findIndex((count) => (remaining -= count ?? 0) <= 0);
    return Math.min(SMALLEST_MS * Math.exp(bucket * LOG_GROWTH), this.#max);
  }
}
