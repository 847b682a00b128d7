/** A seeded random generator: the same seed gives the same traffic. */

const ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz";

/** Random numbers and choices from a seed. Good enough for traffic, not for secrets. */
export class Random {
  #state: number;

  /** @param seed a 32-bit unsigned integer */
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A number in [0, 1), by Mulberry32. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  }

  /** An integer from `min` to `max`, both included. */
  whole(min: number, max: number): number {
    return min + Math.floor(this.next() * (max - min + 1));
  }

  /** Returns true with probability `p`. */
  chance(p: number): boolean {
    return this.next() < p;
  }

  /** Picks an element; all are equally likely. */
  pick<T>(list: readonly [T, ...T[]] | readonly T[]): T {
    return this.#at(list, this.next());
  }

  /** Picks an element, favouring the first ones, as a few popular items get most of the traffic. */
  popular<T>(list: readonly T[]): T {
    return this.#at(list, this.next() ** 3);
  }

  /** Picks an element by weight. */
  weighted<T>(list: readonly (readonly [weight: number, value: T])[]): T {
    let remaining = this.next() * list.reduce((sum, [weight]) => sum + weight, 0);
    const chosen = list.find(([weight]) => (remaining -= weight) < 0) ?? list.at(-1);
    if (chosen === undefined) throw new RangeError("Cannot choose from an empty list");
    return chosen[1];
  }

  /** A string of `length` random digits in base 16 or 36. */
  digits(length: number, base: 16 | 36): string {
    return Array.from({ length }, () => ALPHABET[this.whole(0, base - 1)]).join("");
  }

  #at<T>(list: readonly T[], position: number): T {
    if (list.length === 0) throw new RangeError("Cannot choose from an empty list");
    return list[Math.floor(position * list.length)] as T;
  }
}
