/** Arbitrary JSON for property tests. */

import * as fc from "fast-check";

/** A JSON value. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Texts with everything that is special in JSON, Unicode or Postgres. */
export const anyText: fc.Arbitrary<string> = fc.array(
  fc.oneof(
    fc.constantFrom("\u0000", "\ud800", "\udbff", "\udc00", "\udfff", "\ufffd", "😀", "\ufeff"),
    fc.constantFrom("\\", '"', "\\u0000", "\\ud83d", "u", "0000", "\t", "\n", "\u2028", "/"),
    fc.string({ unit: "binary", maxLength: 3 }),
  ),
  { maxLength: 6 },
).map((parts) => parts.join(""));

// Without a lone backslash: after `{"a":1,"\\":1}`, V8 parses `{"a":1,"\u0062":1}` as the same.
const anyKey = fc.oneof(anyText, fc.constantFrom("__proto__", "constructor", "toJSON", "0", "1"))
  .filter((key) => key !== "\\");

/** Values as `JSON.parse` returns them: keys such as `__proto__` are plain data, numbers may be infinite. */
export const anyJson: fc.Arbitrary<Json> = fc.letrec<{ json: Json }>((tie) => ({
  json: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom<Json>(null, true, false, 0, -1, 1e300),
    fc.double({ noNaN: true }),
    anyText,
    fc.array(tie("json"), { maxLength: 4 }),
    fc.array(fc.tuple(anyKey, tie("json")), { maxLength: 4 }).map((members) =>
      Object.fromEntries(members)
    ),
  ),
})).json;

/** Wraps a value in `levels` arrays. */
export function nested(value: Json, levels: number): Json {
  let result = value;
  for (let level = 0; level < levels; level++) result = [result];
  return result;
}

/** Copies a value, changing every text and key; if two keys become equal, the later one wins. */
export function mapTexts(value: Json, change: (text: string) => string): Json {
  if (typeof value === "string") return change(value);
  // JSON has no negative zero.
  if (typeof value === "number") return value + 0;
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, change));
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [change(key), mapTexts(member, change)]),
  );
}

/** Copies a value with the keys of its objects in reverse order. */
export function reversed(value: Json): Json {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(reversed);
  return Object.fromEntries(
    Object.entries(value).toReversed().map(([key, member]) => [key, reversed(member)]),
  );
}
