import {
  assert,
  assertEquals,
  assertGreater,
  assertLessOrEqual,
  assertStringIncludes,
} from "../support/assert.ts";
import { runTask } from "../support/command.ts";
import type { Figure } from "./types.ts";

Deno.test("a part runs to its end, counts its events and writes its figures", async () => {
  const folder = await Deno.makeTempDir({ prefix: "sluice-bench-test-" });
  try {
    const json = `${folder}/below/bench.json`;
    const args = ["track", "--quick", "--repeats=1", "--seconds=1", "--json", json];
    const { code, out, err } = await runTask("bench", args);
    assertEquals(code, 0, err);
    const { cores, figures } = JSON.parse(await Deno.readTextFile(json));
    assertGreater(cores, 0);
    assertEquals(figures.length, 1);
    const [figure]: Figure[] = figures;
    assertEquals([figure?.part, figure?.unit, figure?.target], ["track", "requests/s", {
      atLeast: 1.5,
    }]);
    const { value, limit, ratio } = figure ?? {};
    assert(value !== undefined && limit && ratio);
    assertGreater(value.min, 0);
    assertLessOrEqual(value.min, value.median);
    assertLessOrEqual(value.median, value.max);
    assertEquals(ratio.median, value.median / limit.value.median);
    for (const text of ["stock tRPC adapter", "No event went missing"]) {
      assertStringIncludes(out, text);
    }
    assertStringIncludes(err, "warming up");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
