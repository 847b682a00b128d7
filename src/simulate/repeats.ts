/** Requests that are sent once more, a little later. */

import type { Random } from "./random.ts";
import type { PlannedRequest } from "./types.ts";

/** Well within the 60 s for which the service remembers fingerprints (contract 5.1). */
const MAX_WAIT_MS = 25_000;
const MAX_LAG = 6;

interface Waiting {
  readonly request: PlannedRequest;
  readonly since: number;
}

/** Holds requests back for a few others. */
export class Repeats {
  readonly #random: Random;
  readonly #now: () => number;
  readonly #waiting: Waiting[] = [];

  constructor(random: Random, now: () => number) {
    this.#random = random;
    this.#now = now;
  }

  /** Takes a request to be sent later. */
  add(request: PlannedRequest): void {
    this.#waiting.push({ request, since: this.#now() });
  }

  /** One that may go now, if any. At a slow rate, what has waited too long is never sent. */
  take(): PlannedRequest | null {
    const oldest = this.#waiting[0];
    if (oldest === undefined) return null;
    if (this.#now() - oldest.since > MAX_WAIT_MS) {
      this.#waiting.shift();
      return this.take();
    }
    const due = this.#waiting.length > MAX_LAG || this.#random.chance(1 / MAX_LAG);
    return due ? this.#waiting.shift()?.request ?? null : null;
  }
}
