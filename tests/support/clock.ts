/** A clock that only moves when a test advances it. */

import type { Clock } from "../../src/clock.ts";

interface Timer {
  /** On the monotonic clock. */
  readonly at: number;
  readonly callback: () => void;
}

/** A clock under a test's control. */
export class FakeClock implements Clock {
  /** Difference between the wall clock and the monotonic one. */
  #offset: number;
  #elapsed = 0;
  #timers: Timer[] = [];

  constructor(now: number = Date.parse("2026-03-01T12:00:00.000Z")) {
    this.#offset = now;
  }

  now = (): number => this.#offset + this.#elapsed;

  monotonic = (): number => this.#elapsed;

  /** Sets the wall clock forward or back by `ms`, as an administrator would. Timers are not affected. */
  jump(ms: number): void {
    this.#offset += ms;
  }

  /** Number of pending timers. */
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

  /** Advances by `ms`, firing timers when they are due. */
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

  /** Advances in steps until `work` has settled, for work that waits on this clock. */
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
