import { parse, pretty } from "../../src/dashboard/parts/json.ts";
import { assertEquals, assertStringIncludes } from "../support/assert.ts";

Deno.test("a JSON syntax error is reported with its line and column", () => {
  assertEquals(parse('{"a": 1}'), { ok: true, value: { a: 1 } });
  const wrong = parse('{\n  "a": 1,\n  b: 2\n}');
  assertEquals(wrong.ok, false);
  if (!wrong.ok) {
    assertStringIncludes(wrong.message, "line 3, column 3");
    assertEquals(wrong.position, 14);
  }
  const cut = parse('{"a": "b');
  if (!cut.ok) assertStringIncludes(cut.message, "line 1");
  assertEquals(pretty("not JSON"), "not JSON");
});
