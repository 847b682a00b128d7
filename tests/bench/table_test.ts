import { assertEquals } from "../support/assert.ts";
import { toFigure } from "./figure.ts";
import { renderMarkdown } from "./markdown.ts";
import { renderTable } from "./table.ts";

const figures = [
  toFigure({
    part: "one",
    name: "a thing",
    unit: "things/s",
    values: [18_000, 17_000, 19_000],
    limit: { name: "the best there is", values: [10_000, 10_000, 20_000] },
    target: { atLeast: 1.5 },
  }),
  toFigure({
    part: "other",
    name: "another",
    unit: "ms",
    values: [7.26],
    limit: { name: "least", values: [2] },
    target: { atMost: 3 },
    details: [{ name: "p99", unit: "ms", value: { median: 1234.5, min: 1, max: 2000 } }],
  }),
  toFigure({ part: "third", name: "a figure without a limit", unit: "ms", values: [1] }),
];

Deno.test("the table shows figure, limit and ratio side by side", () => {
  assertEquals(renderTable(figures).split("\n"), [
    "       measured        min – max   limit        min – max  ratio    min – max  target",
    "one      18,000  17,000 – 19,000  10,000  10,000 – 20,000   1.70  0.95 – 1.80   ≥ 1.5  met",
    "       a thing, things/s | the best there is",
    "other       7.3        7.3 – 7.3       2            2 – 2   3.63  3.63 – 3.63     ≤ 3  missed",
    "       another, ms | least",
    "       p99 1,235 ms",
    "third         1            1 – 1                                                     ",
    "       a figure without a limit, ms",
  ]);
});

Deno.test("as Markdown, the table is as `deno fmt` would align it", () => {
  assertEquals(renderMarkdown(figures).split("\n"), [
    "| Part    | Measured, median               | Limit, in the same run    | Ratio (min – max)  | Target          |",
    "| ------- | ------------------------------ | ------------------------- | ------------------ | --------------- |",
    "| `one`   | a thing: 18,000 things/s       | the best there is: 10,000 | 1.70 (0.95 – 1.80) | ≥ 1.5           |",
    "| `other` | another: 7.3 ms (p99 1,235 ms) | least: 2                  | 3.63 (3.63 – 3.63) | ≤ 3, **missed** |",
    "| `third` | a figure without a limit: 1 ms |                           |                    | none            |",
  ]);
});
