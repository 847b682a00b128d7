/**
 * HalfSipHash-2-4 of idempotency keys and fingerprints. Clients choose what is in both: without the secret
 * seed they could choose many keys with one hash, each of which would cost a read, or an event with the
 * hash of another's fingerprint, which would be lost.
 */

/** A hash, as signed words. */
export type Hash = readonly number[];

/** Words of the hash of a key, and of its seed. */
export const KEY_HASH_WORDS = 2;
/** Words of the hash of a text, and of its seed. */
export const TEXT_HASH_WORDS = 4;

const KEY_WORDS = 4;
const WORD_BYTES = 4;
/** Enough for a fingerprint: 150 UTF-16 units of up to three bytes each. */
const FIRST_BYTES = 512;
const encoder = new TextEncoder();

/** The message that is hashed, and its bytes. */
let input = new Int32Array(FIRST_BYTES / WORD_BYTES);
let bytes = new Uint8Array(input.buffer);
const output = new Int32Array(2);

/** Hashes a key, four words at `offset`, to 64 bits. */
export function hashKey(keys: Uint32Array, offset: number, seed: Uint32Array): Hash {
  for (let i = 0; i < KEY_WORDS; i++) input[i] = keys[offset + i] ?? 0;
  input[KEY_WORDS] = lengthWord(KEY_WORDS * WORD_BYTES);
  hashInput(KEY_WORDS + 1, seed, 0);
  return [output[0] ?? 0, output[1] ?? 0];
}

/** Hashes a well-formed text to 128 bits, by a hash of 64 bits for each half of the seed. */
export function hashText(text: string, seed: Uint32Array): Hash {
  if (3 * text.length + WORD_BYTES > bytes.length) {
    input = new Int32Array(text.length + 1);
    bytes = new Uint8Array(input.buffer);
  }
  const { written } = encoder.encodeInto(text, bytes);
  const end = Math.floor(written / WORD_BYTES);
  for (let at = written; at < (end + 1) * WORD_BYTES; at++) bytes[at] = 0;
  input[end] = (input[end] ?? 0) | lengthWord(written);
  hashInput(end + 1, seed, 0);
  const first = output[0] ?? 0;
  const second = output[1] ?? 0;
  hashInput(end + 1, seed, 2);
  return [first, second, output[0] ?? 0, output[1] ?? 0];
}

/** The last word of a message of this many bytes has up to three of them, and this. */
function lengthWord(length: number): number {
  return length << 24;
}

/** Hashes the first words of the input, with two words of the seed at `offset`, to the output. */
function hashInput(count: number, seed: Uint32Array, offset: number): void {
  const k0 = seed[offset] ?? 0;
  const k1 = seed[offset + 1] ?? 0;
  let v0 = k0;
  let v1 = k1 ^ 0xee;
  let v2 = 0x6c796765 ^ k0;
  let v3 = 0x74656462 ^ k1;
  // Two rounds for each word, then four for each word of the hash.
  for (let block = 0; block < count + 2; block++) {
    const isInput = block < count;
    const word = isInput ? input[block] ?? 0 : 0;
    if (isInput) v3 ^= word;
    else if (block === count) v2 ^= 0xee;
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
    if (isInput) v0 ^= word;
    else output[block - count] = v1 ^ v3;
  }
}
