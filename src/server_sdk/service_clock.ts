/**
 * How far this machine's clock is from the service's, estimated from the header `Date` of responses. It
 * matters only if one of them is wrong: the service rejects events from the future (contract 4.3).
 */

/** Smaller differences do no harm. */
const MAX_ERROR_MS = 3_000;
/** `Date` has no fractions of a second. */
const RESOLUTION_MS = 1_000;

/** Estimates how far this machine's clock is ahead. */
export class ServiceClock {
  #offsetMs = 0;

  /** Milliseconds to subtract from this machine's time; 0 if the clocks agree. */
  get offsetMs(): number {
    return this.#offsetMs;
  }

  /** Updates the estimate from a response; returns whether it changed. */
  update(date: string | null, sentAt: number, receivedAt: number): boolean {
    const servedAt = Date.parse(date ?? "");
    if (Number.isNaN(servedAt)) return false;
    // The offset is between these, which are far apart if the request took long.
    const least = sentAt - servedAt - RESOLUTION_MS;
    const most = receivedAt - servedAt;
    const before = this.#offsetMs;
    if (least <= MAX_ERROR_MS && most >= -MAX_ERROR_MS) this.#offsetMs = 0;
    else if (before < least || before > most) this.#offsetMs = most;
    return this.#offsetMs !== before;
  }
}
