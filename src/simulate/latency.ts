/** Latencies in little space: a histogram whose steps grow by 1 %. */

const STEP = Math.log(1.01);
const SMALLEST_MS = 0.01;

/** Counts durations and tells percentiles of them, exact to 1 %. */
export class Latency {
  readonly #counts: number[] = [];
  #count = 0;
  #max = 0;

  /** Adds a duration in milliseconds. */
  add(ms: number): void {
    const step = Math.max(0, Math.ceil(Math.log(Math.max(ms, SMALLEST_MS) / SMALLEST_MS) / STEP));
    this.#counts[step] = (this.#counts[step] ?? 0) + 1;
    this.#count++;
    this.#max = Math.max(this.#max, ms);
  }

  /** The longest. */
  get max(): number {
    return this.#max;
  }

  /** What a share of `p` (0 to 1) did not exceed; 0 where nothing was added. */
  percentile(p: number): number {
    let left = Math.ceil(this.#count * p);
    if (left === 0) return 0;
    const step = this.#counts.findIndex((count) => (left -= count ?? 0) <= 0);
    return Math.min(SMALLEST_MS * Math.exp(step * STEP), this.#max);
  }
}
