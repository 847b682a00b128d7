/**
 * A time limit for many concurrent waits with a single timer: one per wait would cost a hot request 5 %,
 * and so would a timer that is cancelled whenever no wait is left.
 */

import type { Clock } from "../clock.ts";

interface Wait {
  /** On the monotonic clock. */
  readonly since: number;
  readonly expire: () => void;
}

/** Limits how long promises are waited for. */
export class Deadline implements Disposable {
  readonly #clock: Clock;
  /** The limit in milliseconds. */
  readonly ms: number;
  /**
   * The waits, in slots that are reused. Not a `Set`: V8 reallocates one that is filled and emptied all
   * the time, and an old table in the old generation retains all later ones, with the requests in them,
   * until the next full collection.
   */
  readonly #slots: (Wait | null)[] = [];
  readonly #free: number[] = [];
  #waiting = 0;
  #cancelTimer: (() => void) | null = null;
  #isClosed = false;

  /** @param ms the limit in milliseconds */
  constructor(clock: Clock, ms: number) {
    this.#clock = clock;
    this.ms = ms;
  }

  /** Resolves with the result of `work`, or with `late` at the limit. The work itself is not cancelled. */
  within<T>(work: Promise<T>, late: T): Promise<T> {
    return new Promise((resolve, reject) => {
      const slot = this.#free.pop() ?? this.#slots.length;
      this.#slots[slot] = { since: this.#clock.monotonic(), expire: () => resolve(late) };
      this.#waiting += 1;
      this.#cancelTimer ??= this.#clock.after(this.ms, () => this.#expire());
      // Not `resolve(work)`, which takes two more microtask turns.
      work.then(
        (value) => {
          this.#end(slot);
          resolve(value);
        },
        (error) => {
          this.#end(slot);
          reject(error);
        },
      );
    });
  }

  /** Whether anything is being waited for. */
  get isWaiting(): boolean {
    return this.#waiting > 0;
  }

  #end(slot: number): void {
    this.#leave(slot);
    this.#free.push(slot);
    if (this.#isClosed) this.#disarmIfIdle();
  }

  /** Cancels the timer as soon as no wait is left. */
  [Symbol.dispose](): void {
    this.#isClosed = true;
    this.#disarmIfIdle();
  }

  /** Ends the waits that are over the limit and sets the timer for the next. */
  #expire(): void {
    this.#cancelTimer = null;
    const now = this.#clock.monotonic();
    let next = Infinity;
    for (const [slot, wait] of this.#slots.entries()) {
      if (wait === null) continue;
      const left = wait.since + this.ms - now;
      if (left > 0) next = Math.min(next, left);
      else {
        this.#leave(slot);
        wait.expire();
      }
    }
    if (next < Infinity) this.#cancelTimer = this.#clock.after(next, () => this.#expire());
  }

  #leave(slot: number): void {
    if (this.#slots[slot] === null) return;
    this.#slots[slot] = null;
    this.#waiting -= 1;
  }

  #disarmIfIdle(): void {
    if (this.#waiting > 0) return;
    this.#cancelTimer?.();
    this.#cancelTimer = null;
  }
}
