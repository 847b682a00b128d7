/** Remembers this process's own recent fingerprints: it may only ever say "certainly seen". */

import type { Sameness } from "../events/types.ts";

/** A bounded memory of fingerprints until their deadlines. */
export class RecentFingerprints {
  readonly #deadlines = new Map<string, number>();
  readonly #capacity: number;

  /** @param capacity how many fingerprints to remember; the oldest are forgotten first */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Remembers a fingerprint that is durable in KV. */
  add(sameness: Sameness, deadline: number): void {
    if (sameness.by !== "fingerprint") return;
    this.#deadlines.set(sameness.hash, deadline);
    if (this.#deadlines.size <= this.#capacity) return;
    const oldest = this.#deadlines.keys().next();
    if (!oldest.done) this.#deadlines.delete(oldest.value);
  }

  /** Whether the fingerprint is certainly taken at `now` (epoch milliseconds). */
  has(sameness: Sameness, now: number): boolean {
    if (sameness.by !== "fingerprint") return false;
    const deadline = this.#deadlines.get(sameness.hash);
    return deadline !== undefined && now < deadline;
  }
}
