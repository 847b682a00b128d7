/**
 * A hash table in one typed array, of hashes and a number for each: 18 to 24 bytes for one of 64 bits, 30
 * to 40 for one of 128. A `Map` takes 150 to 200, and stops the process for 80 ms when it grows.
 */

import type { Hash } from "./half_sip_hash.ts";

/** Options of `HashTable`. */
export interface HashTableOptions {
  /** Words of a hash. */
  readonly words: number;
  /** Hashes that it holds until it is full. */
  readonly capacity: number;
  /** Hashes that it will probably hold, so that it need not grow. */
  readonly expected?: number;
}

const FIRST_HASHES = 512;
/** Slots for each hash of a full table. */
const SLOTS_PER_HASH = 1.5;
const GROWTH = 1.3;
const TWO_32 = 2 ** 32;

/** Numbers by hash. One hash may have several, as two things may have one hash; none is ever replaced. */
export class HashTable {
  readonly #words: number;
  readonly #capacity: number;
  /** Of each slot the hash and the number. The first word of an empty slot is 0, and of a hash never. */
  #slots: Int32Array;
  #size = 0;

  constructor({ words, capacity, expected = 0 }: HashTableOptions) {
    this.#words = words;
    this.#capacity = capacity;
    this.#slots = this.#makeSlots(Math.min(Math.max(expected, FIRST_HASHES), capacity));
  }

  /** The number of hashes. */
  get size(): number {
    return this.#size;
  }

  /** The bytes that it takes. */
  get bytes(): number {
    return this.#slots.byteLength;
  }

  /** Whether it holds as many as it may. */
  get isFull(): boolean {
    return this.#size >= this.#capacity;
  }

  /** Adds the low word of a number to those of a hash, unless it is there. */
  add(hash: Hash, number: number): void {
    const slot = this.#words + 1;
    if ((this.#size + 1) * SLOTS_PER_HASH * slot > this.#slots.length) this.#grow();
    if (this.#place(hash, 0, number | 0)) this.#size += 1;
  }

  /** Adds all numbers of a hash to `numbers`. */
  find(hash: Hash, numbers: number[]): void {
    const slots = this.#slots;
    const words = this.#words;
    const first = firstOf(hash, 0);
    for (let at = this.#startOf(first); slots[at] !== 0;) {
      if (slots[at] === first && this.#hasRest(at, hash, 0)) {
        numbers.push((slots[at + words] ?? 0) >>> 0);
      }
      at += words + 1;
      if (at === slots.length) at = 0;
    }
  }

  /** @returns false if it was there */
  #place(hash: ArrayLike<number>, offset: number, number: number): boolean {
    const slots = this.#slots;
    const words = this.#words;
    const first = firstOf(hash, offset);
    let at = this.#startOf(first);
    while (slots[at] !== 0) {
      const isThere = slots[at] === first && slots[at + words] === number &&
        this.#hasRest(at, hash, offset);
      if (isThere) return false;
      at += words + 1;
      if (at === slots.length) at = 0;
    }
    slots[at] = first;
    for (let word = 1; word < words; word++) slots[at + word] = hash[offset + word] ?? 0;
    slots[at + words] = number;
    return true;
  }

  #hasRest(at: number, hash: ArrayLike<number>, offset: number): boolean {
    for (let word = 1; word < this.#words; word++) {
      if (this.#slots[at + word] !== hash[offset + word]) return false;
    }
    return true;
  }

  #startOf(first: number): number {
    const slot = this.#words + 1;
    return Math.floor((first >>> 0) / TWO_32 * (this.#slots.length / slot)) * slot;
  }

  #grow(): void {
    const old = this.#slots;
    const slot = this.#words + 1;
    // It may take more than its capacity: a commit is added as a whole.
    const hashes = Math.min(Math.ceil(this.#size * GROWTH), this.#capacity);
    this.#slots = this.#makeSlots(Math.max(hashes, this.#size + 1));
    for (let at = 0; at < old.length; at += slot) {
      if (old[at] !== 0) this.#place(old, at, old[at + this.#words] ?? 0);
    }
  }

  /** Room for a commit more, so that a full table need not grow again. */
  #makeSlots(hashes: number): Int32Array {
    return new Int32Array(Math.ceil((hashes + 256) * SLOTS_PER_HASH) * (this.#words + 1));
  }
}

function firstOf(hash: ArrayLike<number>, offset: number): number {
  return hash[offset] || 1;
}
