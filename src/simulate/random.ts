/** A seeded source of chance: the same seed gives the same traffic. */

const ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz";

/** Numbers and choices from a seed. Good enough for traffic, not for secrets. */
export class Random {
  #state: number;

  /** @param seed a whole number of 32 bits */
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

  /** A whole number from `min` to `max`, both included. */
  whole(min: number, max: number): number {
    return min + Math.floor(this.next() * (max - min + 1));
  }

  /** Whether something of probability `p` happens. */
  chance(p: number): boolean {
    return this.next() < p;
  }

  /** One of a list, each as likely. */
  pick<T>(list: readonly [T, ...T[]] | readonly T[]): T {
    return this.#at(list, this.next());
  }

  /** One of a list, the first ones far more often: a few things have most of the visitors. */
  popular<T>(list: readonly T[]): T {
    return this.#at(list, this.next() ** 3);
  }

  /** One of a list by weights. */
  weighted<T>(list: readonly (readonly [weight: number, value: T])[]): T {
    let left = this.next() * list.reduce((sum, [weight]) => sum + weight, 0);
    const chosen = list.find(([weight]) => (left -= weight) < 0) ?? list.at(-1);
    if (chosen === undefined) throw new RangeError("Cannot choose from an empty list");
    return chosen[1];
  }

  /** Text of `length` characters in base 16 or 36. */
  digits(length: number, base: 16 | 36): string {
    return Array.from({ length }, () => ALPHABET[this.whole(0, base - 1)]).join("");
  }

  #at<T>(list: readonly T[], position: number): T {
    if (list.length === 0) throw new RangeError("Cannot choose from an empty list");
    return list[Math.floor(position * list.length)] as T;
  }
}
