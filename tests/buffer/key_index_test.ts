import { KeyIndex } from "../../src/buffer/key_index.ts";
import { HashTable } from "../../src/buffer/hash_table.ts";
import { hashKey } from "../../src/buffer/half_sip_hash.ts";
import { readWords } from "../../src/kv/uuid_words.ts";
import { assert, assertEquals, assertLess, assertLessOrEqual } from "../support/assert.ts";
import { FakeClock } from "../support/clock.ts";

const TTL_MS = 3_600_000;

function openIndex(capacity: number, clock = new FakeClock()) {
  const index = new KeyIndex({ clock, ttlMs: TTL_MS, capacity });
  const find = (words: Uint32Array) => index.find(words).sort((a, b) => a - b);
  return { index, clock, find };
}

function randomKeys(count: number): Uint32Array {
  const words = new Uint32Array(count * 4);
  for (let from = 0; from < words.length; from += 16_384) {
    crypto.getRandomValues(words.subarray(from, from + 16_384));
  }
  return words;
}

const keyAt = (words: Uint32Array, i: number) => words.slice(i * 4, i * 4 + 4);

Deno.test("the index finds every key in the entries that have it, and takes at most 40 bytes a key", () => {
  const { index, find } = openIndex(100_000);
  const keys = randomKeys(80_000);
  for (let i = 0; i < 80_000; i += 100) index.add(keys.slice(i * 4, (i + 100) * 4), i / 100);
  for (let i = 0; i < 80_000; i++) {
    const found = find(keyAt(keys, i));
    assert(found.includes(Math.floor(i / 100)), `${i}: ${found}`);
  }
  assertEquals(index.size, 80_000);
  assertLessOrEqual(index.bytes / index.size, 40);
  const unknown = randomKeys(10_000);
  const hits = Array.from({ length: 10_000 }, (_, i) => find(keyAt(unknown, i)).length);
  assertEquals(hits.filter((count) => count > 0).length, 0);
});

Deno.test("5.10 a full index forgets the oldest keys first, and stays within its bounds", () => {
  const { index, find } = openIndex(10_000);
  const keys = randomKeys(50_000);
  for (let i = 0; i < 50_000; i += 200) index.add(keys.slice(i * 4, (i + 200) * 4), i / 200);
  assertLessOrEqual(index.size, 10_000 + 5 * 200);
  const known = Array.from({ length: 50_000 }, (_, i) => find(keyAt(keys, i)).length > 0);
  const oldest = known.indexOf(true);
  assertLess(oldest, 42_001, "at least four fifths are kept");
  assertEquals(known.slice(oldest).indexOf(false), -1);
  assertLessOrEqual(index.bytes, 40 * 10_000 + 5 * 18 * 256);
});

Deno.test("5.4 keys are remembered for their TTL on the monotonic clock, and not much longer", async () => {
  const { index, clock, find } = openIndex(1_000);
  const [old, young] = [randomKeys(1), randomKeys(1)];
  index.add(old, 1);
  clock.jump(-10 * TTL_MS);
  for (let i = 0; i < 8; i++) {
    await clock.advance(TTL_MS / 8);
    assertEquals(find(old), [1]);
    index.add(randomKeys(1), 2);
  }
  index.add(young, 3);
  for (let i = 0; i < 4; i++) {
    await clock.advance(TTL_MS / 8);
    index.add(randomKeys(1), 4);
  }
  assertEquals([find(old), find(young)], [[], [3]]);
});

Deno.test("keys from before the start are added behind the others, until the memory is full", () => {
  const { index, find } = openIndex(500);
  const [fresh, older] = [randomKeys(50), randomKeys(1_000)];
  index.add(fresh, 100);
  let added = 0;
  while (index.addOlder(older.slice(added * 4, (added + 10) * 4), 99 - added / 10)) added += 10;
  assertLessOrEqual(index.size, 500);
  assert(added >= 400, `${added}`);
  assertEquals(find(keyAt(older, 0)), [99]);
  index.add(randomKeys(100), 101);
  index.add(randomKeys(1), 102);
  assertEquals([find(keyAt(fresh, 0)), find(keyAt(older, added - 1))], [[100], []]);
});

Deno.test("of two keys with one hash both are found, and an entry is found once", () => {
  const table = new HashTable({ words: 2, capacity: 100 });
  const hash = [0, 0]; // the first word of an empty slot
  for (const number of [7, 8, 7, 2 ** 32 + 7]) table.add(hash, number);
  const numbers: number[] = [];
  table.find(hash, numbers);
  assertEquals([numbers.sort(), table.size], [[7, 8], 2]);
});

Deno.test("hashes that differ in any word have numbers of their own, before and after the table grew", () => {
  const table = new HashTable({ words: 4, capacity: Infinity });
  const base = [-7, 1, 0, 2 ** 31 - 1];
  const others = base.map((_, i) => base.map((word, j) => i === j ? word + 1 | 0 : word));
  [base, ...others].forEach((hash, i) => table.add(hash, 2 ** 32 - 1 - i));
  for (let i = 0; i < 5_000; i++) table.add([i, i, i, i], i);
  const found = [base, ...others, [0, 1, 0, 1]].map((hash) => {
    const numbers: number[] = [];
    table.find(hash, numbers);
    return numbers;
  });
  assertEquals(found, [...[0, 1, 2, 3, 4].map((i) => [2 ** 32 - 1 - i]), []]);
});

Deno.test("the hash of a key is HalfSipHash-2-4", () => {
  // The reference's vector for the 16 bytes 00 … 0f under the key 00 … 07, as words.
  const words = new Uint32Array([0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c]);
  const hash = hashKey(words, 0, new Uint32Array([0x03020100, 0x07060504]));
  assertEquals(hash.map((word) => word >>> 0), [0xd2aa3673, 0xb5f37b5f]);
});

Deno.test("a UUID is read in either case, with or without hyphens", () => {
  const words = new Uint32Array(4);
  for (
    const text of ["0190A0B0-1111-4222-8333-44445555666f", "0190a0b01111422283334444555566 6f"]
  ) {
    readWords(text, words.fill(0));
    assertEquals([...words], [0x0190a0b0, 0x11114222, 0x83334444, 0x5555666f]);
  }
});
