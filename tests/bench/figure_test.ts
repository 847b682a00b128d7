import { assertEquals } from "../support/assert.ts";
import { interleave, toFigure } from "./figure.ts";
import { renderTable } from "./table.ts";

const measured = { part: "p0", name: "a thing", unit: "things/s" } as const;

Deno.test("a ratio is taken for each pair of repeats, not of the medians", () => {
  const { ratio, value, limit } = toFigure({
    ...measured,
    values: [10, 40, 90],
    limit: { name: "the best", values: [20, 80, 60] },
  });
  assertEquals(value, { median: 40, min: 10, max: 90 });
  assertEquals(limit?.value.median, 60);
  assertEquals(ratio, { median: 0.5, min: 0.5, max: 1.5 });
});

Deno.test("a target is met at or above its minimum, or at or below its maximum", () => {
  const isMet = (value: number, target: { atLeast: number } | { atMost: number }) =>
    toFigure({ ...measured, values: [value], limit: { name: "l", values: [10] }, target }).met;
  assertEquals([isMet(15, { atLeast: 1.5 }), isMet(14, { atLeast: 1.5 })], [true, false]);
  assertEquals([isMet(30, { atMost: 3 }), isMet(31, { atMost: 3 })], [true, false]);
});

Deno.test("a figure without a limit has no ratio and meets no target", () => {
  const { limit, ratio, met } = toFigure({ ...measured, values: [1] });
  assertEquals([limit, ratio, met], [null, null, null]);
});

Deno.test("limit and service are measured alternately", async () => {
  const calls: string[] = [];
  const turn = (name: string) => () => Promise.resolve(calls.push(name));
  const rates = await interleave(2, { limit: turn("limit"), service: turn("service") });
  assertEquals(calls, ["limit", "service", "limit", "service"]);
  assertEquals(rates, { limit: [1, 3], service: [2, 4] });
});

Deno.test("the table shows figure, limit and ratio side by side", () => {
  const figures = [
    toFigure({
      ...measured,
      values: [18_000, 17_000, 19_000],
      limit: { name: "the best there is", values: [10_000, 10_000, 10_000] },
      target: { atLeast: 1.5 },
    }),
    toFigure({ part: "p10", name: "another", unit: "ms", values: [7.26] }),
  ];
  assertEquals(renderTable(figures).split("\n"), [
    "     measured        min – max   limit        min – max  ratio    min – max  target",
    "p0     18,000  17,000 – 19,000  10,000  10,000 – 10,000   1.80  1.70 – 1.90   ≥ 1.5  met",
    "     a thing, things/s | the best there is",
    "p10       7.3        7.3 – 7.3                                                     ",
    "     another, ms",
  ]);
});
