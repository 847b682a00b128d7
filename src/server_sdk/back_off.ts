/** When to send again after a failure: with full jitter, and later each time. */

const RETRY_MS = 1_000;
const MAX_RETRY_MS = 60_000;

/** Times, in milliseconds of the monotonic clock. */
export class BackOff {
  readonly #random: () => number;
  #failures = 0;
  #retryAt = 0;
  #closedUntil = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** When it ends. */
  get retryAt(): number {
    return this.#retryAt;
  }

  /** When the service's `Retry-After` ends: nothing at all is sent before. */
  get closedUntil(): number {
    return this.#closedUntil;
  }

  /** How long to pause after another failure. */
  nextPause(): number {
    return this.#random() * Math.min(MAX_RETRY_MS, RETRY_MS * 2 ** this.#failures++);
  }

  /** Pauses from now on. */
  pause(now: number, ms: number, retryAfterMs: number): void {
    this.#closedUntil = now + retryAfterMs;
    this.#retryAt = Math.max(this.#closedUntil, now + ms);
  }

  /** Ends it, as a request succeeded. */
  end(): void {
    this.#failures = this.#retryAt = 0;
  }
}
