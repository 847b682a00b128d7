import { count, duration, many, perSecond, shortId } from "../../src/dashboard/format.ts";
import { hrefOf, locationOf } from "../../src/dashboard/location.ts";
import { parse, pretty } from "../../src/dashboard/parts/json.ts";
import { assertEquals, assertStringIncludes } from "../support/assert.ts";

Deno.test("figures are short, and say their unit", () => {
  const durations = [0, 12.4, 999, 1_540, 59_400, 60_000, 200_000, 7_500_000, 273_600_000];
  assertEquals(durations.map(duration), [
    "0 ms",
    "12 ms",
    "999 ms",
    "1.5 s",
    "59 s",
    "1 min",
    "3 min 20 s",
    "2 h 5 min",
    "3 d 4 h",
  ]);
  assertEquals([0, 0.04, 2.34, 1234.5].map(perSecond), ["0", "< 0.1", "2.3", "1,235"]);
  assertEquals([duration(null), perSecond(null), count(null)], ["–", "–", "–"]);
  assertEquals([many(1, "dead letter"), many(1_200, "dead letter")], [
    "1 dead letter",
    "1,200 dead letters",
  ]);
  assertEquals(shortId("0192f3a4-0000-7000-8000-00000000abcd"), "0192…00abcd");
});

Deno.test("a place is a link and the link is the place; what is none is the first view", () => {
  const place = { view: "tail", params: { type: "a b&c", user: "ü" } } as const;
  assertEquals(locationOf(hrefOf(place)), place);
  assertEquals(hrefOf(place, { type: null, user: "" }), "#/tail");
  for (const hash of ["", "#", "#/nonsense", "#/constructor"]) {
    assertEquals(locationOf(hash), { view: "now", params: {} });
  }
});

Deno.test("a mistake in JSON is told with its place", () => {
  assertEquals(parse('{"a": 1}'), { ok: true, value: { a: 1 } });
  const wrong = parse('{\n  "a": 1,\n  b: 2\n}');
  assertEquals(wrong.ok, false);
  if (!wrong.ok) {
    assertStringIncludes(wrong.message, "line 3, column 3");
    assertEquals(wrong.position, 14);
  }
  const cut = parse('{"a": "b');
  if (!cut.ok) assertStringIncludes(cut.message, "line 1");
  assertEquals(pretty("no JSON"), "no JSON");
});
