/** The runs of `deno task stress`, shortened to seconds. */

import { assertEquals, assertGreater, assertLessOrEqual } from "../support/assert.ts";
import { checkTrend, plot } from "../stress/trend.ts";
import { overload } from "../stress/overload.ts";
import { soak } from "../stress/soak.ts";
import { roll } from "../stress/rolling.ts";
import { checkOverload, checkRolling, checkSoak } from "../stress/checks.ts";

const ignore = Deno.build.os !== "linux"; // it reads /proc
const say = () => {};

Deno.test({
  name:
    "2.8 at ten times the sustainable rate: memory is bounded, 429 has Retry-After, accepted events are stored",
  ignore,
  async fn() {
    const maxBuffered = 200;
    const report = await overload({
      kv: "file",
      seconds: 3,
      factor: 10,
      maxBuffered,
      latencyMs: 200,
      probeSeconds: 4,
      timeoutSeconds: 6,
      connections: 100,
      say,
    });
    assertEquals(checkOverload(report).failures, []);
    assertGreater(report.acknowledged, 0);
    assertGreater(report.abandoned, 0);
    assertLessOrEqual(report.buffered, maxBuffered);
  },
});

Deno.test({
  name:
    "at a steady rate with an outage of Postgres: everything is stored, and the counters reconcile",
  ignore,
  async fn() {
    const report = await soak({
      kv: "file",
      seconds: 5,
      eventsPerSecond: 300,
      outageEverySeconds: 3,
      outageSeconds: 1,
      say,
    });
    const { failures } = checkSoak(report);
    // Seconds beside other tests are too short for growth and rates.
    assertEquals(failures.filter((failure) => !/ grows?$|^only /.test(failure)), []);
    assertGreater(report.outages, 0);
    assertGreater(report.acknowledged, 300);
  },
});

Deno.test("a rolling restart under load: no request fails, and every event is stored once", async () => {
  const report = await roll({
    processes: 2,
    restarts: 2,
    eventsPerSecond: 100,
    kv: "file",
    ending: "SIGTERM",
    graceSeconds: 1,
    say,
  });
  assertEquals(checkRolling(report).failures, []);
  assertGreater(report.acknowledged, 100);
});

Deno.test("a series that is stable after the warm-up is flat, one that creeps upwards is not", () => {
  const few = { share: 0.15, absolute: 0 };
  const warmUp = [10, 50, 90, 100, 101, 99, 100, 102, 100, 99, 100, 101, 100, 99, 100];
  assertEquals(checkTrend(warmUp, few), { early: 100, late: 100, max: 102, flat: true });
  const creeping = Array.from({ length: 30 }, (_, i) => 100 + i * 2);
  assertEquals(checkTrend(creeping, few).flat, false);
  assertEquals(checkTrend(creeping, { share: 0.15, absolute: 30 }).flat, true);
});

Deno.test("a series is plotted as bars of its maxima", () => {
  assertEquals(plot([0, 1, 2, 3, 4, 5, 6, 7, 8], 9), "▁▂▃▄▅▆▇██");
  assertEquals(plot([8, 1, 8, 1], 2), "██");
});
