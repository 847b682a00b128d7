import { assertEquals } from "../support/assert.ts";
import { byTurns, figureOf } from "./figure.ts";
import { renderTable } from "./table.ts";

const measured = { part: "p0", name: "a thing", unit: "things/s" } as const;

Deno.test("a ratio is taken of each pair of repeats, not of the medians", () => {
  const { ratio, value, limit } = figureOf({
    ...measured,
    values: [10, 40, 90],
    limit: { name: "the best", values: [20, 80, 60] },
  });
  assertEquals(value, { median: 40, min: 10, max: 90 });
  assertEquals(limit?.value.median, 60);
  assertEquals(ratio, { median: 0.5, min: 0.5, max: 1.5 });
});

Deno.test("a figure reaches what it is to reach, at least or at most", () => {
  const reached = (value: number, reach: { atLeast: number } | { atMost: number }) =>
    figureOf({ ...measured, values: [value], limit: { name: "l", values: [10] }, reach }).reached;
  assertEquals([reached(15, { atLeast: 1.5 }), reached(14, { atLeast: 1.5 })], [true, false]);
  assertEquals([reached(30, { atMost: 3 }), reached(31, { atMost: 3 })], [true, false]);
});

Deno.test("a figure without a limit has nothing to reach", () => {
  const { limit, ratio, reached } = figureOf({ ...measured, values: [1] });
  assertEquals([limit, ratio, reached], [null, null, null]);
});

Deno.test("limit and service are measured by turns", async () => {
  const calls: string[] = [];
  const turn = (name: string) => () => Promise.resolve(calls.push(name));
  const rates = await byTurns(2, { limit: turn("limit"), service: turn("service") });
  assertEquals(calls, ["limit", "service", "limit", "service"]);
  assertEquals(rates, { limit: [1, 3], service: [2, 4] });
});

Deno.test("the table shows figure, limit and ratio side by side", () => {
  const figures = [
    figureOf({
      ...measured,
      values: [18_000, 17_000, 19_000],
      limit: { name: "the best there is", values: [10_000, 10_000, 10_000] },
      reach: { atLeast: 1.5 },
    }),
    figureOf({ part: "p10", name: "another", unit: "ms", values: [7.26] }),
  ];
  assertEquals(renderTable(figures).split("\n"), [
    "     measured        min – max   limit        min – max  ratio    min – max  to reach",
    "p0     18,000  17,000 – 19,000  10,000  10,000 – 10,000   1.80  1.70 – 1.90     ≥ 1.5  reached",
    "     a thing, things/s | the best there is",
    "p10       7.3        7.3 – 7.3                                                       ",
    "     another, ms",
  ]);
});
