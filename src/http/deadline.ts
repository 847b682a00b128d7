/**
 * A time limit for many waits at once, by one timer: one for each would cost a hot request 5 %, and so
 * would one that ends whenever nobody waits.
 */

import type { Clock } from "../clock.ts";

interface Wait {
  /** By the monotonic clock. */
  readonly since: number;
  readonly giveUp: () => void;
}

/** Lets nothing take longer than so many milliseconds. */
export class Deadline implements Disposable {
  readonly #clock: Clock;
  /** The limit in milliseconds. */
  readonly ms: number;
  /** In the order in which they began. */
  readonly #waits = new Set<Wait>();
  #cancelTimer: (() => void) | null = null;
  #isClosed = false;

  /** @param ms the limit */
  constructor(clock: Clock, ms: number) {
    this.#clock = clock;
    this.ms = ms;
  }

  /** What `work` resolves with, or `late` when the time is over. The work itself is not stopped. */
  async within<T>(work: Promise<T>, late: T): Promise<T> {
    const { promise, resolve } = Promise.withResolvers<T>();
    const wait: Wait = { since: this.#clock.monotonic(), giveUp: () => resolve(late) };
    this.#waits.add(wait);
    this.#cancelTimer ??= this.#clock.after(this.ms, () => this.#expire());
    work.then(resolve, () => resolve(work));
    try {
      return await promise;
    } finally {
      this.#waits.delete(wait);
      if (this.#isClosed) this.#disarmIfIdle();
    }
  }

  /** Leaves no timer behind when those who wait have what they wait for. */
  [Symbol.dispose](): void {
    this.#isClosed = true;
    this.#disarmIfIdle();
  }

  #expire(): void {
    this.#cancelTimer = null;
    const now = this.#clock.monotonic();
    for (const { since, giveUp } of this.#waits) {
      const left = since + this.ms - now;
      if (left > 0) {
        this.#cancelTimer = this.#clock.after(left, () => this.#expire());
        return;
      }
      giveUp();
    }
  }

  #disarmIfIdle(): void {
    if (this.#waits.size > 0) return;
    this.#cancelTimer?.();
    this.#cancelTimer = null;
  }
}
