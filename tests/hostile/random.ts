/** Randomness that can be had again by its seed. */

/** A source of random choices. */
export class Random {
  #state: number;

  /** @param seed any whole number; the same one brings the same choices */
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** In [0, 1): mulberry32. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** A whole number from 0 to `below` - 1. */
  below(below: number): number {
    return Math.floor(this.next() * below);
  }

  /** True so often in a hundred. */
  percent(share: number): boolean {
    return this.next() * 100 < share;
  }

  /** One of the values. */
  of<T>(values: readonly [T, ...T[]] | readonly T[]): T {
    return values[this.below(values.length)] as T;
  }

  /** Random bytes. */
  bytes(length: number): Uint8Array<ArrayBuffer> {
    return Uint8Array.from({ length }, () => this.below(256));
  }
}

/** The seed of this run: `HOSTILE_SEED`, to have a failure again, else a new one. */
export const SEED: number = Number(Deno.env.get("HOSTILE_SEED") ?? Date.now() % 1_000_000_000);
