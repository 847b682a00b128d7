/** Requests to be sent a little later. */

import type { Random } from "./random.ts";
import type { PlannedRequest } from "./types.ts";

/** Well within the 60 s for which the service remembers fingerprints (contract 5.1). */
const MAX_WAIT_MS = 25_000;
/** Requests in the queue above which one is always sent. */
const MAX_QUEUED = 6;

interface QueuedRequest {
  readonly request: PlannedRequest;
  readonly addedAtMs: number;
}

/** Delays requests until a few others have been sent. */
export class DelayQueue {
  readonly #random: Random;
  readonly #now: () => number;
  readonly #queued: QueuedRequest[] = [];

  constructor(random: Random, now: () => number) {
    this.#random = random;
    this.#now = now;
  }

  /** Adds a request to send later. */
  add(request: PlannedRequest): void {
    this.#queued.push({ request, addedAtMs: this.#now() });
  }

  /** Returns a request to send now, or `null`. At a low rate, requests that expired are dropped. */
  next(): PlannedRequest | null {
    const oldest = this.#queued[0];
    if (oldest === undefined) return null;
    if (this.#now() - oldest.addedAtMs > MAX_WAIT_MS) {
      this.#queued.shift();
      return this.next();
    }
    const isDue = this.#queued.length > MAX_QUEUED || this.#random.chance(1 / MAX_QUEUED);
    return isDue ? this.#queued.shift()?.request ?? null : null;
  }
}
