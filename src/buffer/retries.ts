/**
 * Staggers the retries of rejected events: if all came back when the first one fits, nearly all would be
 * rejected again (contract 2.13).
 */

import type { Clock } from "../clock.ts";

/** The longest time after which a client is told to retry. */
export const MAX_RETRY_SECONDS = 60;

/** Rejected events whose retry is still to come. */
export class Retries {
  readonly #clock: Pick<Clock, "monotonic">;
  #pending = 0;
  /** When `#pending` was counted, on the monotonic clock. */
  #at = 0;

  constructor(clock: Pick<Clock, "monotonic">) {
    this.#clock = clock;
  }

  /**
   * Returns the whole seconds after which one more event should be sent again, from 1 to 60.
   *
   * @param excess events that have to leave before it fits
   * @param perSecond events that leave per second; 0 if none does
   */
  assign(excess: number, perSecond: number): number {
    if (perSecond === 0) return MAX_RETRY_SECONDS;
    const seconds = Math.ceil((excess + this.#add(perSecond)) / perSecond);
    return Math.min(MAX_RETRY_SECONDS, Math.max(1, seconds));
  }

  /** Adds one retry; returns the number of those before it. */
  #add(perSecond: number): number {
    const now = this.#clock.monotonic();
    const served = Math.max(0, now - this.#at) / 1000 * perSecond;
    const ahead = Math.max(0, this.#pending - served);
    this.#pending = Math.min(ahead + 1, perSecond * MAX_RETRY_SECONDS);
    this.#at = now;
    return ahead;
  }
}
