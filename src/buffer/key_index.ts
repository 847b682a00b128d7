/**
 * Which entries of the log may have an idempotency key: what a process remembers of the keys of an hour.
 *
 * Like fingerprints (`recent.ts`), keys are kept in generations, each dropped as a whole: by age, or the
 * oldest when the memory is full. A key that is forgotten is not found, and Postgres recognizes it.
 */

import type { Clock } from "../clock.ts";
import { WORDS } from "../kv/uuid_words.ts";
import { hashKey, KEY_HASH_WORDS } from "./half_sip_hash.ts";
import { HashTable } from "./hash_table.ts";

/** Options of `KeyIndex`. */
export interface KeyIndexOptions {
  readonly clock: Pick<Clock, "monotonic">;
  /** The minimum time for which keys are remembered, unless there are too many. */
  readonly ttlMs: number;
  /** The maximum number of keys (`MAX_KEYS_IN_MEMORY`). */
  readonly capacity: number;
  /** @default hashKey */
  readonly hash?: typeof hashKey | undefined;
}

interface Generation {
  readonly table: HashTable;
  /** On the monotonic clock. */
  readonly startedAt: number;
  /** Whether it is filled backwards, with keys from before the start. */
  readonly isOld: boolean;
}

/** Complete generations; one more is being filled. */
const PARTS = 4;

/** Remembers the entries of keys. */
export class KeyIndex {
  readonly #options: KeyIndexOptions;
  readonly #seed = crypto.getRandomValues(new Uint32Array(KEY_HASH_WORDS));
  /** Newest first. */
  #generations: Generation[];
  readonly #hashKey: typeof hashKey;

  constructor(options: KeyIndexOptions) {
    this.#options = options;
    this.#hashKey = options.hash ?? hashKey;
    this.#generations = [this.#newGeneration(false)];
  }

  /** The number of keys remembered. */
  get size(): number {
    return this.#generations.reduce((sum, { table }) => sum + table.size, 0);
  }

  /** The bytes that they take. */
  get bytes(): number {
    return this.#generations.reduce((sum, { table }) => sum + table.bytes, 0);
  }

  /** Forgets all keys. */
  clear(): void {
    this.#generations = [this.#newGeneration(false)];
  }

  /** Adds keys, four words each, that the entry of this number claims. */
  add(keys: Uint32Array, number: number): void {
    this.#addTo(this.#current().table, keys, number);
  }

  /** Adds keys that were claimed before all others. @returns false if there is no room for them */
  addOlder(keys: Uint32Array, number: number): boolean {
    let oldest = this.#generations.at(-1);
    if (oldest === undefined || !oldest.isOld || oldest.table.isFull) {
      if (this.#generations.length > PARTS) return false;
      oldest = this.#newGeneration(true);
      this.#generations.push(oldest);
    }
    this.#addTo(oldest.table, keys, number);
    return true;
  }

  /** The low words of the numbers of all entries that may have the key at `offset`, in no order. */
  find(keys: Uint32Array, offset = 0): number[] {
    const numbers: number[] = [];
    const hash = this.#hashKey(keys, offset, this.#seed);
    for (const { table } of this.#generations) table.find(hash, numbers);
    return numbers;
  }

  #addTo(table: HashTable, keys: Uint32Array, number: number): void {
    for (let i = 0; i < keys.length; i += WORDS) {
      table.add(this.#hashKey(keys, i, this.#seed), number);
    }
  }

  #current(): Generation {
    const { clock, ttlMs } = this.#options;
    const newest = this.#generations[0] ?? this.#newGeneration(false);
    const age = clock.monotonic() - newest.startedAt;
    if (!newest.isOld && !newest.table.isFull && age < ttlMs / PARTS) return newest;
    const next = this.#newGeneration(false, newest.isOld ? 0 : newest.table.size);
    // A generation is complete when the next one starts; PARTS generations later it is older than the TTL.
    this.#generations = [next, ...this.#generations.slice(0, PARTS)];
    return next;
  }

  #newGeneration(isOld: boolean, expected = 0): Generation {
    const { capacity, clock } = this.#options;
    const table = new HashTable({
      words: KEY_HASH_WORDS,
      capacity: Math.ceil(capacity / (PARTS + 1)),
      expected,
    });
    return { table, startedAt: clock.monotonic(), isOld };
  }
}
