/**
 * Remembers recent fingerprints. It may miss one that was seen, but never reports one that was not: it
 * compares hashes of 128 bits, as those that most fingerprints are (`events/fingerprint.ts`), under a
 * secret seed. With 64 bits each duplicate would have to be looked up in KV.
 *
 * Fingerprints are kept in generations, each dropped as a whole. Measured with 1,500,000: 0.9 µs to look up
 * and add one instead of 1.5 with a `Map` of texts, and 30 to 40 bytes instead of 150 to 200.
 */

import type { Clock } from "../clock.ts";
import { type Hash, hashText, TEXT_HASH_WORDS } from "./half_sip_hash.ts";
import { HashTable } from "./hash_table.ts";

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
  /** By hash, where in `deadlines` that of the fingerprint is. */
  readonly table: HashTable;
  readonly deadlines: number[];
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
  readonly #seed = crypto.getRandomValues(new Uint32Array(TEXT_HASH_WORDS));
  readonly #found: number[] = [];

  constructor(options: RecentOptions) {
    this.#options = options;
    this.#generations = [this.#newGeneration(0)];
  }

  /** The number of fingerprints remembered. */
  get size(): number {
    return this.#generations.reduce((sum, { table }) => sum + table.size, 0);
  }

  /** The bytes that they take. */
  get bytes(): number {
    return this.#generations.reduce(
      (sum, { table, deadlines }) => sum + table.bytes + 8 * deadlines.length,
      0,
    );
  }

  /** The hash of a fingerprint, by which it is known here. */
  hash(fingerprint: string): Hash {
    return hashText(fingerprint, this.#seed);
  }

  /**
   * Remembers fingerprints that are durable in KV.
   *
   * @param deadline epoch milliseconds, at most the TTL from now
   */
  add(hashes: Iterable<Hash>, deadline: number): void {
    const { table, deadlines } = this.#current();
    if (deadlines.at(-1) !== deadline) deadlines.push(deadline);
    for (const hash of hashes) table.add(hash, deadlines.length - 1);
  }

  /** Whether a fingerprint is certainly taken at `now` (epoch milliseconds). */
  has(hash: Hash, now: number): boolean {
    const found = this.#found;
    for (const { table, deadlines } of this.#generations) {
      found.length = 0;
      table.find(hash, found);
      for (const number of found) if (now < (deadlines[number] ?? 0)) return true;
    }
    return false;
  }

  #current(): Generation {
    const { clock, ttlMs } = this.#options;
    const newest = this.#generations[0] ?? this.#newGeneration(0);
    const age = clock.monotonic() - newest.startedAt;
    if (!newest.table.isFull && age < ttlMs / PARTS) return newest;
    const next = this.#newGeneration(newest.table.size);
    // A generation is complete when the next one starts; PARTS generations later it is older than the TTL.
    this.#generations = [next, ...this.#generations.slice(0, PARTS)];
    return next;
  }

  #newGeneration(expected: number): Generation {
    const { capacity, clock } = this.#options;
    const table = new HashTable({
      words: TEXT_HASH_WORDS,
      capacity: Math.ceil(capacity / (PARTS + 1)),
      expected,
    });
    return { table, deadlines: [], startedAt: clock.monotonic() };
  }
}
