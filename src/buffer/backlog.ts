/** Estimates how much is buffered and how fast it drains, to reject events with a time to retry. */

import type { Clock } from "../clock.ts";
import { countBuffered } from "../kv/counter.ts";
import type { Kv } from "../kv/port.ts";
import { Retries } from "./retries.ts";

const REFRESH_MS = 1000;

/**
 * An estimate of the buffer's size across all processes. Events of this process count at once; everything
 * else is read from KV each second and after each flush, not while a request waits.
 */
export class Backlog {
  readonly #kv: Kv;
  readonly #clock: Clock;
  readonly #capacity: number;
  #size = 0;
  #addedSinceRead = 0;
  #refreshedAt = -Infinity;
  #drainedPerSecond = 0;
  readonly #retries: Retries;

  /** @param capacity events that may be buffered (`MAX_BUFFERED_EVENTS`) */
  constructor(kv: Kv, clock: Clock, capacity: number) {
    this.#kv = kv;
    this.#clock = clock;
    this.#capacity = capacity;
    this.#retries = new Retries(clock);
  }

  /** The estimate. */
  get size(): number {
    return this.#size;
  }

  /** Reads the exact number from KV, which becomes the estimate. */
  async measure(): Promise<number> {
    this.#refreshedAt = this.#clock.monotonic();
    this.#addedSinceRead = 0;
    const counted = await countBuffered(this.#kv);
    this.#size = Math.max(0, counted + this.#addedSinceRead);
    return this.#size;
  }

  /** Counts events that this process buffered. */
  add(count: number): void {
    this.#size += count;
    this.#addedSinceRead += count;
  }

  /**
   * Updates the rate at which events leave the buffer. The size does not change here: `measure()` reads it
   * from KV, possibly during a flush, and subtracting its events twice would admit too many.
   */
  observeFlush(count: number, ms: number): void {
    const perSecond = count / Math.max(ms, 1) * 1000;
    this.#drainedPerSecond = this.#drainedPerSecond === 0
      ? perSecond
      : this.#drainedPerSecond * 0.7 + perSecond * 0.3;
  }

  /** Returns `null` if one more event than `waiting` fits, else the seconds after which to retry. */
  assignRetry(waiting: number): number | null {
    this.#refreshInBackground();
    const excess = this.#size + waiting + 1 - this.#capacity;
    return excess <= 0 ? null : this.#retries.assign(excess, this.#drainedPerSecond);
  }

  #refreshInBackground(): void {
    if (this.#clock.monotonic() - this.#refreshedAt < REFRESH_MS) return;
    this.measure().catch(() => {
      // Keep the estimate; commits and /readyz report a KV that cannot be read.
    });
  }
}
