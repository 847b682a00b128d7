/**
 * How far this machine's clock is from the service's, estimated from the header `Date` of responses. It
 * matters only if one of them is wrong: the service rejects events from the future (contract 4.3).
 */

/** Below it, differences are those of the network and of a header in whole seconds. */
const MIN_OFFSET_MS = 4_000;

/** Estimates how far this machine's clock is ahead. */
export class ServiceClock {
  #offsetMs = 0;

  /** Milliseconds to subtract from this machine's time; 0 if the clocks agree. */
  get offsetMs(): number {
    return this.#offsetMs;
  }

  /** Updates the estimate; returns whether it changed. */
  update(date: string | null, now: number): boolean {
    const servedAt = Date.parse(date ?? "");
    if (Number.isNaN(servedAt)) return false;
    const offset = now - servedAt;
    const before = this.#offsetMs;
    if (Math.abs(offset) < MIN_OFFSET_MS) this.#offsetMs = 0;
    // A response that took long makes it larger, never smaller: only what differs by more is news.
    else if (Math.abs(offset - before) > MIN_OFFSET_MS) this.#offsetMs = offset;
    return this.#offsetMs !== before;
  }
}
