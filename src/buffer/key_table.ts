/** A hash table of idempotency keys in one typed array: 12 bytes a slot, 18 to 36 a key. */

import type { Hash64 } from "./key_hash.ts";

/** Words of a slot: the hash, and the low word of the entry's number. An empty slot has no hash. */
const SLOT = 3;
const FIRST_SLOTS = 1_024;
/** Slots for each key of a full table. */
const SLOTS_PER_KEY = 1.5;
const TWO_32 = 2 ** 32;

/**
 * Which entry of the log has a key. Only hashes are kept, so it returns every entry that may have it, and
 * the entry decides; nothing is ever replaced.
 */
export class KeyTable {
  readonly #capacity: number;
  #slots: Uint32Array;
  #size = 0;

  /** @param capacity keys that it holds */
  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#slots = new Uint32Array(Math.min(FIRST_SLOTS, slotsFor(capacity)) * SLOT);
  }

  /** The number of keys. */
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

  /** Adds a key in the entry of this number, unless it is there. */
  add(hash: Hash64, number: number): void {
    if ((this.#size + 1) * SLOTS_PER_KEY * SLOT > this.#slots.length) this.#grow();
    const low = (hash.high | hash.low) === 0 ? 1 : hash.low; // no hash marks an empty slot
    if (place(this.#slots, hash.high, low, number >>> 0)) this.#size += 1;
  }

  /** Adds the low words of the numbers of all entries that may have the key to `numbers`. */
  find(hash: Hash64, numbers: number[]): void {
    const slots = this.#slots;
    const low = (hash.high | hash.low) === 0 ? 1 : hash.low;
    let at = startOf(slots, hash.high);
    while (slots[at] !== 0 || slots[at + 1] !== 0) {
      if (slots[at] === hash.high && slots[at + 1] === low) numbers.push(slots[at + 2] ?? 0);
      at += SLOT;
      if (at === slots.length) at = 0;
    }
  }

  #grow(): void {
    const old = this.#slots;
    // A table may take more than its capacity: a commit is added as a whole.
    const slots = Math.max(
      Math.min(old.length / SLOT * 2, slotsFor(this.#capacity)),
      slotsFor(this.#size + 1),
    );
    this.#slots = new Uint32Array(slots * SLOT);
    for (let at = 0; at < old.length; at += SLOT) {
      const [high = 0, low = 0, number = 0] = [old[at], old[at + 1], old[at + 2]];
      if (high !== 0 || low !== 0) place(this.#slots, high, low, number);
    }
  }
}

/** Room for a commit more than the capacity, so that a full table need not grow again. */
function slotsFor(keys: number): number {
  return Math.ceil((keys + 256) * SLOTS_PER_KEY);
}

function startOf(slots: Uint32Array, high: number): number {
  return Math.floor(high / TWO_32 * (slots.length / SLOT)) * SLOT;
}

/** @returns false if it was there */
function place(slots: Uint32Array, high: number, low: number, number: number): boolean {
  let at = startOf(slots, high);
  while (slots[at] !== 0 || slots[at + 1] !== 0) {
    if (slots[at] === high && slots[at + 1] === low && slots[at + 2] === number) return false;
    at += SLOT;
    if (at === slots.length) at = 0;
  }
  slots[at] = high;
  slots[at + 1] = low;
  slots[at + 2] = number;
  return true;
}
