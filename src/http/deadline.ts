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
  /**
   * Who waits, each at a place that is used again. Not a `Set`: one that is filled and emptied all the
   * time is made anew all the time, and each old one of them that V8 has moved among what lives long
   * holds on to all the later ones, and to the requests in them, until the next full collection.
   */
  readonly #places: (Wait | null)[] = [];
  readonly #free: number[] = [];
  #waiting = 0;
  #cancelTimer: (() => void) | null = null;
  #isClosed = false;

  /** @param ms the limit */
  constructor(clock: Clock, ms: number) {
    this.#clock = clock;
    this.ms = ms;
  }

  /** What `work` resolves with, or `late` when the time is over. The work itself is not stopped. */
  within<T>(work: Promise<T>, late: T): Promise<T> {
    return new Promise((resolve, reject) => {
      const place = this.#free.pop() ?? this.#places.length;
      this.#places[place] = { since: this.#clock.monotonic(), giveUp: () => resolve(late) };
      this.#waiting += 1;
      this.#cancelTimer ??= this.#clock.after(this.ms, () => this.#expire());
      // Not `resolve(work)`: to wait for a promise again takes two turns more.
      work.then(
        (value) => {
          this.#end(place);
          resolve(value);
        },
        (error) => {
          this.#end(place);
          reject(error);
        },
      );
    });
  }

  #end(place: number): void {
    this.#leave(place);
    this.#free.push(place);
    if (this.#isClosed) this.#disarmIfIdle();
  }

  /** Leaves no timer behind when those who wait have what they wait for. */
  [Symbol.dispose](): void {
    this.#isClosed = true;
    this.#disarmIfIdle();
  }

  /** Gives up who has waited for too long; the timer waits for the next. */
  #expire(): void {
    this.#cancelTimer = null;
    const now = this.#clock.monotonic();
    let next = Infinity;
    for (const [place, wait] of this.#places.entries()) {
      if (wait === null) continue;
      const left = wait.since + this.ms - now;
      if (left > 0) next = Math.min(next, left);
      else {
        this.#leave(place);
        wait.giveUp();
      }
    }
    if (next < Infinity) this.#cancelTimer = this.#clock.after(next, () => this.#expire());
  }

  #leave(place: number): void {
    if (this.#places[place] === null) return;
    this.#places[place] = null;
    this.#waiting -= 1;
  }

  #disarmIfIdle(): void {
    if (this.#waiting > 0) return;
    this.#cancelTimer?.();
    this.#cancelTimer = null;
  }
}
