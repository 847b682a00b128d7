/** How much is buffered and how fast it drains: enough to refuse in time and to say when to come back. */

import type { Clock } from "../clock.ts";
import { countBuffered } from "../kv/counter.ts";
import type { Kv } from "../kv/port.ts";

const REFRESH_MS = 1000;
const MAX_RETRY_SECONDS = 60;

/**
 * A running guess of the buffer's size across all processes: what this process puts in is counted at
 * once, all else is read from KV each second and after each flush, off the request's path.
 */
export class Backlog {
  readonly #kv: Kv;
  readonly #clock: Clock;
  readonly #capacity: number;
  #size = 0;
  #notedMeanwhile = 0;
  #refreshedAt = -Infinity;
  #drainedPerSecond = 0;
  /** Events turned away whose time to come back is still ahead, as of `#toldAt`. */
  #told = 0;
  #toldAt = 0;

  /** @param capacity events that may be buffered (`MAX_BUFFERED_EVENTS`) */
  constructor(kv: Kv, clock: Clock, capacity: number) {
    this.#kv = kv;
    this.#clock = clock;
    this.#capacity = capacity;
  }

  /** The guess. */
  get size(): number {
    return this.#size;
  }

  /** The exact number, from KV. */
  async measure(): Promise<number> {
    this.#refreshedAt = this.#clock.monotonic();
    this.#notedMeanwhile = 0;
    const counted = await countBuffered(this.#kv);
    this.#size = Math.max(0, counted + this.#notedMeanwhile);
    return this.#size;
  }

  /** Notes events that were buffered. */
  add(count: number): void {
    this.#size += count;
    this.#notedMeanwhile += count;
  }

  /**
   * Notes how fast events leave the buffer. That they left, `measure()` sees in KV: it may have done so
   * before a flush of many seconds ends, and events that leave twice let too many in.
   */
  observeFlush(count: number, ms: number): void {
    const perSecond = count / Math.max(ms, 1) * 1000;
    this.#drainedPerSecond = this.#drainedPerSecond === 0
      ? perSecond
      : this.#drainedPerSecond * 0.7 + perSecond * 0.3;
  }

  /**
   * Seconds until there is room for one more event than `waiting`, or `null` where there is room now.
   * Those who are turned away queue up, as it were: were they all told when there is room for the
   * first of them, they would all come back then and nearly all in vain.
   */
  retryAfterSeconds(waiting: number): number | null {
    this.#refreshInBackground();
    const excess = this.#size + waiting + 1 - this.#capacity;
    if (excess <= 0) return null;
    if (this.#drainedPerSecond === 0) return MAX_RETRY_SECONDS;
    const seconds = Math.ceil((excess + this.#queueUp()) / this.#drainedPerSecond);
    return Math.min(MAX_RETRY_SECONDS, Math.max(1, seconds));
  }

  /** Adds one to those who were told to come back; how many come before. */
  #queueUp(): number {
    const now = this.#clock.monotonic();
    const served = Math.max(0, now - this.#toldAt) / 1000 * this.#drainedPerSecond;
    const ahead = Math.max(0, this.#told - served);
    this.#told = Math.min(ahead + 1, this.#drainedPerSecond * MAX_RETRY_SECONDS);
    this.#toldAt = now;
    return ahead;
  }

  #refreshInBackground(): void {
    if (this.#clock.monotonic() - this.#refreshedAt < REFRESH_MS) return;
    this.measure().catch(() => {
      // The guess stays; a KV that cannot be read is noticed by the commit and by /readyz.
    });
  }
}
