/** Limits how often a message is logged. */

import type { Clock } from "../clock.ts";

const INTERVAL_MS = 60_000;

/** Runs a log statement at most once a minute, and counts the calls in between. */
export class LogLimit {
  readonly #clock: Pick<Clock, "monotonic">;
  #loggedAt = -Infinity;
  #count = 0;

  constructor(clock: Pick<Clock, "monotonic">) {
    this.#clock = clock;
  }

  /** Calls `log` with the number of calls since it was last called, unless that was within a minute. */
  run(log: (count: number) => void): void {
    this.#count += 1;
    const now = this.#clock.monotonic();
    if (now - this.#loggedAt < INTERVAL_MS) return;
    this.#loggedAt = now;
    const count = this.#count;
    this.#count = 0;
    log(count);
  }
}
