/** A clock that fixtures still until it is told to go on. */

import type { Clock } from "../../src/clock.ts";

interface Timer {
  /** By the monotonic clock, as timers are. */
  readonly at: number;
  readonly callback: () => void;
}

/** Time in a test's hand. */
export class FakeClock implements Clock {
  /** What has to be added to the monotonic clock. */
  #offset: number;
  #elapsed = 0;
  #timers: Timer[] = [];

  constructor(now: number = Date.parse("2026-03-01T12:00:00.000Z")) {
    this.#offset = now;
  }

  now = (): number => this.#offset + this.#elapsed;

  monotonic = (): number => this.#elapsed;

  /** Sets the clock forward or back by `ms`, as an administrator does. Timers go on as before. */
  jump(ms: number): void {
    this.#offset += ms;
  }

  /** Timers that wait. */
  get pending(): number {
    return this.#timers.length;
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.#elapsed + ms, callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  /** Moves on by `ms`, calling timers as they come due. */
  async advance(ms: number): Promise<void> {
    const end = this.#elapsed + ms;
    for (;;) {
      const next = this.#timers.toSorted((a, b) => a.at - b.at)[0];
      if (next === undefined || next.at > end) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#elapsed = Math.max(this.#elapsed, next.at);
      next.callback();
      await Promise.resolve();
    }
    this.#elapsed = end;
  }

  /** Moves on, step by step, until `work` has ended: where it waits for time to pass. */
  async during<T>(work: Promise<T>): Promise<T> {
    let ended = false;
    work.then(() => ended = true, () => ended = true);
    while (!ended) {
      await this.advance(10);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    return await work;
  }
}
