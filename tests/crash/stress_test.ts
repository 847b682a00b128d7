/** What `deno task stress` does for minutes, for seconds. */

import { assert, assertEquals, assertLessOrEqual } from "../support/assert.ts";
import { checkCourse, plot } from "../stress/flatness.ts";
import { overload } from "../stress/overload.ts";
import { soak } from "../stress/soak.ts";
import { checkOverload, checkSoak } from "../stress/checks.ts";

const ignore = Deno.build.os !== "linux"; // it weighs processes by /proc
const say = () => {};

Deno.test({
  name:
    "2.8 ten times what it can do: memory bounded, 429 with Retry-After, all that was taken stored",
  ignore,
  async fn() {
    const maxBuffered = 200;
    const report = await overload({
      seconds: 3,
      factor: 10,
      maxBuffered,
      latencyMs: 200,
      probeSeconds: 4,
      timeoutSeconds: 6,
      connections: 100,
      say,
    });
    assertEquals(checkOverload(report).faults, []);
    assert(report.acknowledged > 0 && report.givenUp > 0, "some find room, not all");
    assertLessOrEqual(report.buffered, maxBuffered);
  },
});

Deno.test({
  name: "a steady rate with Postgres away in between: all is stored, and the books balance",
  ignore,
  async fn() {
    const report = await soak({
      seconds: 5,
      eventsPerSecond: 300,
      outageEverySeconds: 3,
      outageSeconds: 1,
      say,
    });
    const { faults } = checkSoak(report);
    // So short a time, beside other tests, says nothing of what grows and of what rate there could be.
    assertEquals(faults.filter((fault) => !/ grows?$|^only /.test(fault)), []);
    assert(report.outages > 0 && report.acknowledged > 300);
  },
});

Deno.test("what stays as it is after the warm-up is flat, what creeps upwards is not", () => {
  const few = { share: 0.15, absolute: 0 };
  const warmUp = [10, 50, 90, 100, 101, 99, 100, 102, 100, 99, 100, 101, 100, 99, 100];
  assertEquals(checkCourse(warmUp, few), { early: 100, late: 100, max: 102, flat: true });
  const creeping = Array.from({ length: 30 }, (_, i) => 100 + i * 2);
  assertEquals(checkCourse(creeping, few).flat, false);
  assertEquals(checkCourse(creeping, { share: 0.15, absolute: 30 }).flat, true);
});

Deno.test("a course is plotted as bars of its greatest values", () => {
  assertEquals(plot([0, 1, 2, 3, 4, 5, 6, 7, 8], 9), "▁▂▃▄▅▆▇██");
  assertEquals(plot([8, 1, 8, 1], 2), "██");
});
