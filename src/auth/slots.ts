/** Bounds how many requests are in flight. */

import { type Clock, within } from "../clock.ts";

/** At most `max` at a time; others wait for their turn, first come, first served. */
export class Slots {
  readonly #clock: Pick<Clock, "after">;
  readonly #max: number;
  readonly #maxWaiting: number;
  readonly #waiting = new Set<PromiseWithResolvers<true>>();
  #taken = 0;

  constructor(clock: Pick<Clock, "after">, max: number, maxWaiting: number) {
    this.#clock = clock;
    this.#max = max;
    this.#maxWaiting = maxWaiting;
  }

  /** Whether a slot was taken, within `ms`; it has to be released. */
  async take(ms: number): Promise<boolean> {
    if (this.#taken < this.#max) {
      this.#taken += 1;
      return true;
    }
    if (this.#waiting.size >= this.#maxWaiting) return false;
    const turn = Promise.withResolvers<true>();
    this.#waiting.add(turn);
    if (await within(this.#clock, ms, turn.promise)) return true;
    // Its turn may have come in the same instant.
    if (!this.#waiting.delete(turn)) this.release();
    return false;
  }

  /** Gives a slot to the next that waits. */
  release(): void {
    for (const turn of this.#waiting) {
      this.#waiting.delete(turn);
      turn.resolve(true);
      return;
    }
    this.#taken -= 1;
  }
}
