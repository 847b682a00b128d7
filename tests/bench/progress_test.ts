import { assertEquals, assertMatch } from "../support/assert.ts";
import { until } from "../support/until.ts";
import { Progress } from "./progress.ts";

Deno.test("what takes longer than two seconds is said again, with its part", async () => {
  const lines: string[] = [];
  using progress = new Progress(["track", "batch"], (line) => void lines.push(line));
  progress.say("warming up");
  assertMatch(lines[0] ?? "", /^0 s {2}track {2}warming up$/);
  progress.next();
  progress.say("counting");
  await until(() => lines.length > 2, "the second line to be repeated");
  assertMatch(lines[2] ?? "", /^\d+ s {2}batch {2}counting \(for \d+ s\)$/);
});

Deno.test("a part that is done is not said again", () => {
  const lines: string[] = [];
  using progress = new Progress(["track"], (line) => void lines.push(line));
  progress.say("counting");
  progress.next();
  assertEquals(lines.length, 1);
});
