/**
 * Remembers recent fingerprints. It may miss one that was seen, but never reports one that was not.
 *
 * Fingerprints are kept in generations, each dropped as a whole. Deleting the oldest entries of a single
 * `Map` one by one leaves holes at its front, which every search for the oldest walks through.
 */

import type { Clock } from "../clock.ts";
import type { DedupKey } from "../events/types.ts";

/** Options of `RecentFingerprints`. */
export interface RecentOptions {
  readonly clock: Pick<Clock, "monotonic">;
  /** The minimum time for which fingerprints are remembered, even if the wall clock is changed. */
  readonly ttlMs: number;
  /** The maximum number of fingerprints; the oldest are forgotten first. */
  readonly capacity: number;
}

/** Fingerprints of a part of the TTL, or of the capacity. */
interface Generation {
  readonly deadlines: Map<string, number>;
  /** On the monotonic clock. */
  readonly startedAt: number;
}

/** Complete generations; one more is being filled. A fingerprint never seen costs a lookup in each. */
const PARTS = 2;

/** Remembers fingerprints until their deadlines. */
export class RecentFingerprints {
  readonly #options: RecentOptions;
  /** Newest first. */
  #generations: Generation[];

  constructor(options: RecentOptions) {
    this.#options = options;
    this.#generations = [this.#newGeneration()];
  }

  /** The number of fingerprints remembered. */
  get size(): number {
    return this.#generations.reduce((sum, { deadlines }) => sum + deadlines.size, 0);
  }

  /**
   * Remembers fingerprints that are durable in KV.
   *
   * @param deadline epoch milliseconds, at most the TTL from now
   */
  add(fingerprints: Iterable<string>, deadline: number): void {
    const deadlines = this.#current();
    for (const fingerprint of fingerprints) deadlines.set(fingerprint, deadline);
  }

  /** Whether the fingerprint is certainly taken at `now` (epoch milliseconds). */
  has(dedupKey: DedupKey, now: number): boolean {
    if (dedupKey.by !== "fingerprint") return false;
    for (const { deadlines } of this.#generations) {
      const deadline = deadlines.get(dedupKey.value);
      if (deadline !== undefined) return now < deadline;
    }
    return false;
  }

  #current(): Map<string, number> {
    const { clock, ttlMs, capacity } = this.#options;
    const newest = this.#generations[0] ?? this.#newGeneration();
    const age = clock.monotonic() - newest.startedAt;
    const full = newest.deadlines.size >= capacity / (PARTS + 1);
    if (!full && age < ttlMs / PARTS) return newest.deadlines;
    const next = this.#newGeneration();
    // A generation is complete when the next one starts; PARTS generations later it is older than the TTL.
    this.#generations = [next, ...this.#generations.slice(0, PARTS)];
    return next.deadlines;
  }

  #newGeneration(): Generation {
    return { deadlines: new Map(), startedAt: this.#options.clock.monotonic() };
  }
}
