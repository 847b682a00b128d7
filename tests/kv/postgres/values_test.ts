import fc from "fast-check";
import { Buffer } from "node:buffer";
import { encodeKey } from "../../../src/kv/encoded_key.ts";
import { isPlain } from "../../../src/kv/postgres/plain.ts";
import { bytesToHex, fromStored, toHex, toStored } from "../../../src/kv/postgres/values.ts";
import { assert, assertEquals } from "../../support/assert.ts";

Deno.test("8.22 keys are encoded as Deno KV does, only faster", () => {
  const part = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.double({ noNaN: true }).map((number) => number === 0 ? 0 : number),
    fc.constantFrom("\0", "a\0b", "", 0, -1, 1, Infinity),
  );
  fc.assert(fc.property(fc.array(part), (key) => {
    assertEquals(toHex(key), bytesToHex(encodeKey(key)));
  }));
});

/** A value as it is written and read. */
function stored(value: unknown): unknown {
  const bytes = toStored(value);
  const read = typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes;
  return fromStored({ value: read, count: null });
}

Deno.test("8.22 values are returned as structured clones are", () => {
  const value = fc.oneof(
    fc.jsonValue(),
    fc.string({ unit: "binary" }),
    fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true }),
  );
  fc.assert(fc.property(value, (value) => {
    assertEquals(stored(value), structuredClone(value));
  }));
});

Deno.test("8.22 what JSON would change is stored as a structured clone", () => {
  const circle: unknown[] = [];
  circle.push({ circle });
  // deno-lint-ignore no-sparse-arrays
  const changed: unknown[] = [
    -0,
    NaN,
    Infinity,
    undefined,
    { a: undefined },
    [1, , 2],
    new Date(0),
    circle,
  ];
  changed.push(Object.assign([1], { more: 2 }), { at: { list: [-0] } }, new Map([[1, 2]]));
  for (const value of changed) {
    assert(!isPlain(value), Deno.inspect(value));
    assertEquals(stored(value), structuredClone(value));
  }
  for (const value of ["\ud800", "\ufeff", JSON.parse(`{"__proto__":{"a":[null,0.1,"a"]}}`)]) {
    assert(isPlain(value), Deno.inspect(value));
    assertEquals(Deno.inspect(stored(value)), Deno.inspect(value));
  }
});
