import fc from "fast-check";
import { encodeKey } from "../../../src/kv/encoded_key.ts";
import { bytesToHex, toHex } from "../../../src/kv/postgres/values.ts";
import { assertEquals } from "../../support/assert.ts";

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
