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
  within<T>(work: Promise<T>, late: T): Promise<T> {
    return new Promise((resolve) => {
      const wait: Wait = { since: this.#clock.monotonic(), giveUp: () => resolve(late) };
      this.#waits.add(wait);
      this.#cancelTimer ??= this.#clock.after(this.ms, () => this.#expire());
      const end = () => {
        this.#waits.delete(wait);
        if (this.#isClosed) this.#disarmIfIdle();
        resolve(work);
      };
      work.then(end, end);
    });
  }

  /** Leaves no timer behind when those who wait have what they wait for. */
  [Symbol.dispose](): void {
    this.#isClosed = true;
    this.#disarmIfIdle();
  }

  #expire(): void {
    this.#cancelTimer = null;
    const now = this.#clock.monotonic();
    for (const wait of this.#waits) {
      const left = wait.since + this.ms - now;
      if (left > 0) {
        this.#cancelTimer = this.#clock.after(left, () => this.#expire());
        return;
      }
      this.#waits.delete(wait);
      wait.giveUp();
    }
  }

  #disarmIfIdle(): void {
    if (this.#waits.size > 0) return;
    this.#cancelTimer?.();
    this.#cancelTimer = null;
  }
}
