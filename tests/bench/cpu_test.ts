import { assertGreater, assertLessOrEqual } from "../support/assert.ts";
import { until } from "../support/until.ts";
import { readCpu } from "./cpu.ts";

/** Some ticks of the kernel's clock. */
const BUSY_US = 50_000;

Deno.test({
  name: "the CPU time of a process grows while it is busy, and its main thread has a part of it",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const before = await readCpu(Deno.pid);
    const after = await until(async () => {
      const now = await readCpu(Deno.pid);
      return now.total - before.total >= BUSY_US ? now : null;
    }, "CPU time to pass");
    assertLessOrEqual(after.mainThread, after.total);
    assertGreater(after.mainThread, 0);
  },
});
