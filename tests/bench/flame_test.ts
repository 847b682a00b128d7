import { assertEquals, assertStringIncludes } from "../support/assert.ts";
import { type CpuProfile, flameGraph } from "./flame.ts";

function node(id: number, functionName: string, children: number[] = [], url = "") {
  return { id, callFrame: { functionName, url, lineNumber: 6 }, children };
}

const profile: CpuProfile = {
  nodes: [
    node(1, "(root)", [2, 3, 4]),
    node(2, "serve", [5], "file:///app/src/http/serve.ts"),
    node(3, "(idle)"),
    node(4, "serve", [], "file:///app/src/http/serve.ts"),
    node(5, "a<b", [], "file:///app/src/kv/x.ts"),
  ],
  samples: [2, 3, 4, 5],
  timeDeltas: [1000, 90_000, 2000, 1000],
};

/** Title, x, y and width of each box. */
function boxes(svg: string): string[][] {
  return [...svg.matchAll(/<title>(.*?)<\/title><rect x="([\d.]+)" y="(\d+)" width="([\d.]+)"/g)]
    .map(([, ...parts]) => parts);
}

Deno.test("a flame graph has a box for each function, as wide as its time, without idle time", () => {
  assertEquals(boxes(flameGraph(profile, "p")), [
    ["all: 100.0 %, 4 ms", "0.0", "30", "1200.0"],
    ["serve http/serve.ts:7: 100.0 %, 4 ms", "0.0", "48", "1200.0"],
    ["a&#60;b kv/x.ts:7: 25.0 %, 1 ms", "0.0", "66", "300.0"],
  ]);
});

Deno.test("a profile in which nothing ran has no boxes", () => {
  const svg = flameGraph({ nodes: [node(1, "(root)")], samples: [], timeDeltas: [] }, "a & b");
  assertEquals(boxes(svg), []);
  assertStringIncludes(svg, "a &#38; b");
});
