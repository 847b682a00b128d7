import { count, duration, perSecond, plural, shortId } from "../../src/dashboard/format.ts";
import { assertEquals } from "../support/assert.ts";

Deno.test("figures are short and include their unit", () => {
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
  assertEquals([plural(1, "dead letter"), plural(1_200, "dead letter")], [
    "1 dead letter",
    "1,200 dead letters",
  ]);
  assertEquals(shortId("0192f3a4-0000-7000-8000-00000000abcd"), "0192…00abcd");
});
