/**
 * Remembers recent fingerprints: it may only ever say "certainly seen".
 *
 * By generations, each of which is forgotten whole: to delete the oldest of one `Map` again and again
 * leaves holes at its front that every look for the oldest walks through.
 */

import type { Clock } from "../clock.ts";
import type { DedupKey } from "../events/types.ts";

/** How a memory of fingerprints is bounded. */
export interface RecentOptions {
  readonly clock: Pick<Clock, "monotonic">;
  /** How long fingerprints are remembered at the least, in milliseconds, whatever the clock is set to. */
  readonly ttlMs: number;
  /** How many are remembered at the most, the oldest being forgotten first. */
  readonly capacity: number;
}

/** A part of the TTL, or of the capacity. */
interface Generation {
  readonly deadlines: Map<string, number>;
  /** By the monotonic clock. */
  readonly begunAt: number;
}

/** Generations of a TTL; one more is being filled. Each is one more look for what was never seen. */
const PARTS = 2;

/** A memory of fingerprints until their deadlines. */
export class RecentFingerprints {
  readonly #options: RecentOptions;
  /** The newest first. */
  #generations: Generation[];

  constructor(options: RecentOptions) {
    this.#options = options;
    this.#generations = [this.#newGeneration()];
  }

  /** How many are remembered. */
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
    const age = clock.monotonic() - newest.begunAt;
    const full = newest.deadlines.size >= capacity / (PARTS + 1);
    if (!full && age < ttlMs / PARTS) return newest.deadlines;
    const next = this.#newGeneration();
    // What was filled until the newest began is a TTL old by the time that as many have come after it.
    this.#generations = [next, ...this.#generations.slice(0, PARTS)];
    return next.deadlines;
  }

  #newGeneration(): Generation {
    return { deadlines: new Map(), begunAt: this.#options.clock.monotonic() };
  }
}
