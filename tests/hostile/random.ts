/** Random choices for hostile requests, repeatable by seed. */

import { Random as SeededRandom } from "../../src/simulate/random.ts";

/** Seeded random numbers, choices and bytes. */
export class Random extends SeededRandom {
  /** An integer from 0 to `limit` - 1. */
  below(limit: number): number {
    return this.whole(0, limit - 1);
  }

  /** Returns true in `share` of 100 cases. */
  percent(share: number): boolean {
    return this.chance(share / 100);
  }

  /** Random bytes. */
  bytes(length: number): Uint8Array<ArrayBuffer> {
    return Uint8Array.from({ length }, () => this.below(256));
  }
}

/** The seed of this run: `HOSTILE_SEED`, which repeats a failure, else a new one. */
export const SEED: number = Number(Deno.env.get("HOSTILE_SEED") ?? Date.now() % 1_000_000_000);
