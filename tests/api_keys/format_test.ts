import { crc32 as zlibCrc32 } from "node:zlib";
import fc from "fast-check";
import { crc32 } from "../../src/api_keys/crc_32.ts";
import { findFault, hashKey, makeKey, maskKey } from "../../src/api_keys/format.ts";
import { readKey } from "../../src/api_keys/read_key.ts";
import { randomBytes } from "../support/api_keys.ts";
import { assert, assertEquals, assertMatch, assertNotEquals } from "../support/assert.ts";

/** What a secret scanner would look for. */
const PATTERN = /\bsluice_key_[0-9A-Za-z]{42}\b/;

Deno.test("13.1 every key is found by one regular expression, and has no fault", () => {
  const keys = new Set(Array.from({ length: 1000 }, () => makeKey(randomBytes)));
  assertEquals(keys.size, 1000);
  for (const key of keys) {
    assertMatch(`curl -H 'x-api-key: ${key}'`, PATTERN);
    assertEquals(findFault(key), null);
  }
});

Deno.test("13.1 the characters of keys are equally likely", () => {
  const counts = new Map<string, number>();
  for (let n = 0; n < 3000; n++) {
    for (const character of makeKey(randomBytes).slice("sluice_key_".length, -6)) {
      counts.set(character, (counts.get(character) ?? 0) + 1);
    }
  }
  const expected = 3000 * 36 / 62;
  assertEquals(counts.size, 62);
  // Six standard deviations; the remainder of a byte alone would be off by a quarter.
  const off = [...counts].filter(([, count]) => Math.abs(count - expected) > 6 * expected ** 0.5);
  assertEquals(off, []);
});

Deno.test("13.1 the checksum is the CRC-32 of zlib", () => {
  fc.assert(fc.property(fc.string({ unit: "binary-ascii" }), (text) => {
    assertEquals(crc32(text), zlibCrc32(text));
  }));
});

Deno.test("13.1 a key with one wrong or two exchanged characters is mistyped", () => {
  fc.assert(fc.property(fc.nat(41), fc.nat(61), fc.nat(40), (at, other, swapped) => {
    const key = makeKey(randomBytes);
    const place = "sluice_key_".length + at;
    const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    const wrong = key.slice(0, place) + alphabet[other] + key.slice(place + 1);
    if (wrong !== key) assertNotEquals(findFault(wrong), null, wrong);
    const first = "sluice_key_".length + swapped;
    const exchanged = key.slice(0, first) + (key[first + 1] ?? "") + (key[first] ?? "") +
      key.slice(first + 2);
    if (exchanged !== key) assertNotEquals(findFault(exchanged), null, exchanged);
  }));
});

Deno.test("13.1 a fault says what is wrong", () => {
  assertEquals(
    findFault("sluice_key_abc"),
    "it has 3 characters after sluice_key_, must have 42",
  );
  assertEquals(
    findFault(`sluice_key_${"-".repeat(42)}`),
    "it has characters other than letters and digits",
  );
  assertEquals(
    findFault(`sluice_key_${"a".repeat(42)}`),
    "its checksum, the last 6 characters, does not fit the others",
  );
});

Deno.test("13.1 a masked key has its first and last characters, a short one only the first", () => {
  const key = makeKey(randomBytes);
  assertEquals(maskKey(key), `${key.slice(0, 15)}…${key.slice(-4)}`);
  assertEquals(maskKey("sluice_key_abcdefghij"), "sluice_key_abcd…");
  assert(!hashKey(key).includes(key.slice(11, 20)));
});

for (
  const [headers, expected] of [
    [{ authorization: "Bearer sluice_key_a" }, "sluice_key_a"],
    [{ authorization: "bearer  sluice_key_a" }, "sluice_key_a"],
    [{ authorization: "sluice_key_a" }, "sluice_key_a"],
    [{ "x-api-key": "sluice_key_a" }, "sluice_key_a"],
    [{ "x-api-key": "sluice_key_a", authorization: "Bearer a.b.c" }, "sluice_key_a"],
    [{ "x-api-key": "of the gateway", authorization: "Bearer sluice_key_a" }, "sluice_key_a"],
    [{ authorization: 'Bearer "sluice_key_a"' }, 'sluice_key_a"'],
    [{ authorization: "Bearer sluice_key_a b" }, "sluice_key_a b"],
    [
      { authorization: "Bearer sluice_key_a, Bearer sluice_key_a" },
      "sluice_key_a, Bearer sluice_key_a",
    ],
    [{ "x-api-key": "'sluice_key_a'" }, "sluice_key_a'"],
    [{ "x-api-key": "Bearer sluice_key_a" }, "sluice_key_a"],
    [{ "x-api-key": "of the gateway" }, null],
    [{ authorization: "Bearer a.b.c" }, null],
    [{}, null],
  ] as const
) {
  Deno.test(`13.1 the key of ${JSON.stringify(headers)} is ${expected}`, () => {
    assertEquals(readKey(new Headers(headers)), expected);
  });
}
