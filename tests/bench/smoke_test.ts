import { assert, assertEquals } from "../support/assert.ts";
import { runTask } from "../support/command.ts";
import type { Figure } from "./types.ts";

Deno.test("a part runs from the service's start to the last event counted, and leaves its figures", async () => {
  const folder = await Deno.makeTempDir({ prefix: "sluice-bench-test-" });
  try {
    const json = `${folder}/below/bench.json`;
    const args = ["track", "--quick", "--repeats=1", "--seconds=1", "--json", json];
    const { code, out, err } = await runTask("bench", args);
    assertEquals(code, 0, err);
    const { cores, figures } = JSON.parse(await Deno.readTextFile(json));
    assert(cores > 0);
    assertEquals(figures.length, 1);
    const [figure]: Figure[] = figures;
    assertEquals([figure?.part, figure?.unit, figure?.reach], ["track", "requests/s", {
      atLeast: 1.5,
    }]);
    const { value, limit, ratio } = figure ?? {};
    assert(value !== undefined && limit && ratio);
    assert(value.min > 0 && value.min <= value.median && value.median <= value.max);
    assertEquals(ratio.median, value.median / limit.value.median);
    assert(out.includes("stock tRPC adapter") && out.includes("No event went missing"), out);
    assert(err.includes("warming up"), err);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
