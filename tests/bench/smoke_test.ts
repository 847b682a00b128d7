import {
  assert,
  assertEquals,
  assertGreater,
  assertLessOrEqual,
  assertStringIncludes,
} from "../support/assert.ts";
import { runTask } from "../support/command.ts";
import type { Figure } from "./types.ts";

/** Runs parts with tiny durations and returns their figures, standard output and standard error. */
async function runBench(...args: readonly string[]) {
  const folder = await Deno.makeTempDir({ prefix: "sluice-bench-test-" });
  try {
    const json = `${folder}/below/bench.json`;
    const tiny = ["--quick", "--repeats=1", "--seconds=1", "--json", json];
    const { code, out, err } = await runTask("bench", [...args, ...tiny]);
    assertEquals(code, 0, err);
    const { cores, figures } = JSON.parse(await Deno.readTextFile(json));
    assertGreater(cores, 0);
    return { figures: figures as Figure[], out, err };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a part runs to its end, counts its events and writes its figures", async () => {
  const { figures, out, err } = await runBench("track");
  assertEquals(figures.map(({ part, name, unit, target }) => [part, name, unit, target]), [
    ["track", "track, 64 connections, no keys", "requests/s", { atLeast: 1.5 }],
    ["track", "track, 64 connections, random keys", "requests/s", { atLeast: 1.5 }],
  ]);
  for (const { value, limit, ratio } of figures) {
    assert(limit !== null && ratio !== null);
    assertGreater(value.min, 0);
    assertLessOrEqual(value.min, value.median);
    assertLessOrEqual(value.median, value.max);
    assertEquals(ratio.median, value.median / limit.value.median);
  }
  assertStringIncludes(out, "stock tRPC adapter");
  for (const text of ["warming up", "No event went missing"]) assertStringIncludes(err, text);
});
