/**
 * HalfSipHash-2-4 of idempotency keys. Clients choose their keys: without the secret seed they could
 * choose many with one hash, each of which would cost a read.
 */

/** A hash of 64 bits, in two words. */
export interface Hash64 {
  high: number;
  low: number;
}

const WORDS = 4;
const LENGTH_BLOCK = 16 << 24;

/** Hashes the four words of a key at `offset` into `hash`. */
export function hashKey(
  words: Uint32Array,
  offset: number,
  seed: Uint32Array,
  hash: Hash64,
): void {
  const k0 = seed[0] ?? 0;
  const k1 = seed[1] ?? 0;
  let v0 = k0;
  let v1 = k1 ^ 0xee;
  let v2 = 0x6c796765 ^ k0;
  let v3 = 0x74656462 ^ k1;
  // Four words and the length, two rounds each; then four rounds for each word of the hash.
  for (let block = 0; block < WORDS + 3; block++) {
    const isInput = block <= WORDS;
    const input = block < WORDS ? words[offset + block] ?? 0 : isInput ? LENGTH_BLOCK : 0;
    if (isInput) v3 ^= input;
    else if (block === WORDS + 1) v2 ^= 0xee;
    else v1 ^= 0xdd;
    for (let round = isInput ? 2 : 4; round > 0; round--) {
      v0 = (v0 + v1) | 0;
      v1 = (v1 << 5 | v1 >>> 27) ^ v0;
      v0 = v0 << 16 | v0 >>> 16;
      v2 = (v2 + v3) | 0;
      v3 = (v3 << 8 | v3 >>> 24) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = (v3 << 7 | v3 >>> 25) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = (v1 << 13 | v1 >>> 19) ^ v2;
      v2 = v2 << 16 | v2 >>> 16;
    }
    if (isInput) v0 ^= input;
    else if (block === WORDS + 1) hash.high = (v1 ^ v3) >>> 0;
    else hash.low = (v1 ^ v3) >>> 0;
  }
}
