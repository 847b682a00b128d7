/** Remembers recent fingerprints: it may only ever say "certainly seen". */

import type { Sameness } from "../events/types.ts";

/** Of the oldest, looked at for each that is added: one would keep up, two catch up. */
const LOOKS = 2;

/** A memory of fingerprints until their deadlines. */
export class RecentFingerprints {
  /** In the order in which they were added first, which is nearly that of their deadlines. */
  readonly #deadlines = new Map<string, number>();
  readonly #capacity: number;

  /** @param capacity how many fingerprints to remember; the oldest are forgotten first */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** How many are remembered. */
  get size(): number {
    return this.#deadlines.size;
  }

  /** Remembers a fingerprint that is durable in KV, as of `now` (epoch milliseconds). */
  add(fingerprint: string, deadline: number, now: number): void {
    this.#deadlines.set(fingerprint, deadline);
    let looks = LOOKS;
    for (const [oldest, until] of this.#deadlines) {
      const full = this.#deadlines.size > this.#capacity;
      if (!full && (looks-- === 0 || now < until)) return;
      this.#deadlines.delete(oldest);
    }
  }

  /** Whether the fingerprint is certainly taken at `now` (epoch milliseconds). */
  has(sameness: Sameness, now: number): boolean {
    if (sameness.by !== "fingerprint") return false;
    const deadline = this.#deadlines.get(sameness.value);
    if (deadline === undefined) return false;
    if (now < deadline) return true;
    this.#deadlines.delete(sameness.value); // so that it is the newest where it is added again
    return false;
  }
}
