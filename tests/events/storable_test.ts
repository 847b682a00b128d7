import * as fc from "fast-check";
import {
  assert,
  assertEquals,
  assertGreater,
  assertNotMatch,
  assertStringIncludes,
} from "../support/assert.ts";
import { anyJson, type Json, mapTexts, nested } from "../support/json.ts";
import { findUnstorable, MAX_DEPTH, storableJson } from "../../src/events/storable.ts";

function stored(value: unknown): unknown {
  return JSON.parse(storableJson(JSON.stringify(value)));
}

const replaced: readonly (readonly [name: string, given: string, kept: string])[] = [
  ["U+0000", "a\u0000b", "a\ufffdb"],
  ["a lone high surrogate", "a\ud83db", "a\ufffdb"],
  ["a lone low surrogate", "a\ude00b", "a\ufffdb"],
  ["two surrogates the wrong way round", "\ude00\ud83d", "\ufffd\ufffd"],
  [
    "the first and last of the surrogates",
    "\ud800 \udbff \udc00 \udfff",
    "\ufffd \ufffd \ufffd \ufffd",
  ],
  ["U+0000 behind a backslash", "\\\u0000", "\\\ufffd"],
  ["U+0000 behind a quotation mark", '"\u0000', '"\ufffd'],
];

for (const [name, given, kept] of replaced) {
  Deno.test(`4.6 ${name} becomes U+FFFD, in values and in keys`, () => {
    assertEquals(stored([given]), [kept]);
    assertEquals(stored({ [given]: 1 }), { [kept]: 1 });
  });
}

const untouched: readonly (readonly [name: string, text: string])[] = [
  ["a pair of surrogates", "😀 and 👩‍👩‍👧"],
  ["the text \\u0000 spelled out", "\\u0000 \\\\u0000 \\ud800"],
  ["other control characters", "\u0001\u001f\b\t\n\f\r\u007f"],
  ["what only looks like a surrogate", "\ud7ff\ue000\uffff"],
  ["line separators of JavaScript", "\u2028\u2029"],
];

for (const [name, text] of untouched) {
  Deno.test(`4.6 ${name} is unchanged`, () => {
    assertEquals(stored({ [text]: text }), { [text]: text });
  });
}

Deno.test("4.6 props may nest 32 levels deep, and not 33", () => {
  assertEquals(MAX_DEPTH, 32);
  for (const wrap of [(inner: Json) => [inner], (inner: Json) => ({ inner })]) {
    let props: Json = { leaf: 1 };
    for (let level = 1; level < 32; level++) props = wrap(props);
    assertEquals(findUnstorable(props), null);
    assertEquals(findUnstorable(wrap(props)), "must not nest deeper than 32 levels");
  }
});

Deno.test("4.6 an empty object or array counts as a level", () => {
  assertEquals(findUnstorable(nested([], 31)), null);
  assertStringIncludes(findUnstorable(nested([], 32)) ?? "", "32");
  assertStringIncludes(findUnstorable(nested({}, 32)) ?? "", "32");
});

Deno.test("4.6 a depth that would overflow the stack of a recursive walk is refused", () => {
  assertStringIncludes(findUnstorable(nested(1, 200_000)) ?? "", "32");
});

Deno.test("4.6 a number beyond the range of a double is refused at any level", () => {
  for (const json of ["1e999", "-1e999", "[[1,1e999]]", '{"a":{"__proto__":1e999}}']) {
    assertStringIncludes(findUnstorable(JSON.parse(json)) ?? "", "range of a double", json);
  }
  assertEquals(findUnstorable(JSON.parse("[1.7976931348623157e308, -0, 5e-324]")), null);
});

Deno.test("4.6 any JSON is either refused with a reason or unchanged", () => {
  let storable = 0;
  let refused = 0;
  fc.assert(
    fc.property(anyJson, fc.constantFrom(0, 0, 0, 29, 31, 33), (json, levels) => {
      const value = nested(json, levels);
      if (depthOf(value) > 32 || !isFiniteJson(value)) {
        refused += 1;
        return assert(findUnstorable(value) !== null);
      }
      storable += 1;
      assertEquals(findUnstorable(value), null);
      const text = storableJson(JSON.stringify(value));
      assertEquals(JSON.parse(text), mapTexts(value, wellFormed));
      assertNothingForbidden(JSON.parse(text));
      assertNotMatch(text.replaceAll("\\\\", ""), /\\u0000|\\u[dD][89a-fA-F]/);
    }),
    { numRuns: 500 },
  );
  assertGreater(storable, 50);
  assertGreater(refused, 50);
});

/** The same rule, applied to the value instead of its text. */
function wellFormed(text: string): string {
  return text.toWellFormed().replaceAll("\u0000", "\ufffd");
}

function assertNothingForbidden(value: Json): void {
  mapTexts(value, (text) => {
    assert(text.isWellFormed() && !text.includes("\u0000"), JSON.stringify(text));
    return text;
  });
}

function depthOf(value: Json): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

function isFiniteJson(value: Json): boolean {
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value !== "object" || value === null) return true;
  return Object.values(value).every(isFiniteJson);
}
