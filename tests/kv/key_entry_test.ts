import fc from "fast-check";
import type { Claim } from "../../src/kv/claim.ts";
import { encodeKeyEntry, KeyEntry } from "../../src/kv/key_entry.ts";
import { assert, assertEquals } from "../support/assert.ts";

const hex = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => bytes.toHex());
const uuid = hex.map((text) =>
  text.replace(/^(.{8})(.{4})(.{4})(.{4})/, (_, a, b, c, d) => `${a}-${b}-${c}-${d}-`)
);

Deno.test("an entry has the claims that were encoded, with their segments", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.tuple(uuid, uuid, hex), { maxLength: 200, selector: ([key]) => key }),
      fc.nat(4),
      fc.string({ maxLength: 60 }),
      uuid,
      (tuples, segments, segment, unknown) => {
        const claims = tuples.map(([key, eventId, contentHash], i) => {
          const number = Math.floor(i * segments / tuples.length);
          return { key, eventId, contentHash, segment: number === 0 ? segment : `${number}` };
        });
        const encoded = encodeKeyEntry({ segment, at: 5.5, deadline: 7.5 }, claims);
        const entry = KeyEntry.read(encoded);
        assert(entry !== null);
        assertEquals([entry.segment, entry.at, entry.deadline], [segment, 5.5, 7.5]);
        const expected: { key: string; claim: Claim }[] = claims.map(({ key, ...claim }) => ({
          key,
          claim: { ...claim, deadline: 7.5 },
        }));
        assertEquals(Array.from(entry.claims()), expected);
        for (const { key, claim } of expected) assertEquals(entry.find(key), claim);
        assertEquals(entry.find(unknown.toUpperCase()), null);
      },
    ),
    { numRuns: 50 },
  );
});

Deno.test("8.17 what is no entry of keys counts as none", () => {
  const key = crypto.randomUUID();
  const claim = { key, eventId: key, contentHash: "0".repeat(32), segment: "s" };
  const entry = encodeKeyEntry({ segment: "s", at: 0, deadline: 1 }, [claim]);
  const damages: unknown[] = [
    null,
    "x",
    {},
    new Uint8Array(),
    new Uint8Array(17),
    new Uint8Array(18).fill(1),
    entry.slice(0, -1),
    new Uint8Array([...entry, 0]),
    entry.with(0, 2),
    entry.with(17, 200),
    entry.with(1, 0x7f).with(2, 0xf0), // at: infinite
    entry.with(18, 0xff),
  ];
  for (const damage of damages) assertEquals(KeyEntry.read(damage), null, Deno.inspect(damage));
  for (let at = 0; at < entry.length; at++) {
    for (const byte of [0, 1, 0x7f, 0xff]) KeyEntry.read(entry.with(at, byte)); // does not throw
  }
});
