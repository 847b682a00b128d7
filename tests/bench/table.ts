/** Renders figures as a table for a terminal. */

import type { Spread } from "./statistics.ts";
import type { Figure, Target } from "./types.ts";

const HEADS = ["", "measured", "min – max", "limit", "min – max", "ratio", "min – max", "target"];

/** Functions that colour text. */
export interface Paint {
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly faint: (text: string) => string;
}

/** No colours. */
export const PLAIN: Paint = { good: (text) => text, bad: (text) => text, faint: (text) => text };

/** The colours of a terminal. */
export const COLOURED: Paint = {
  good: (text) => `\x1b[32m${text}\x1b[39m`,
  bad: (text) => `\x1b[31m${text}\x1b[39m`,
  faint: (text) => `\x1b[2m${text}\x1b[22m`,
};

/** Renders two lines for each figure: the numbers, then what was measured and the limit's name. */
export function renderTable(figures: readonly Figure[], paint: Paint = PLAIN): string {
  const rows = figures.map((figure) => [
    figure.part,
    number(figure.value.median),
    range(figure.value, number),
    figure.limit === null ? "" : number(figure.limit.value.median),
    figure.limit === null ? "" : range(figure.limit.value, number),
    figure.ratio === null ? "" : ratio(figure.ratio.median),
    figure.ratio === null ? "" : range(figure.ratio, ratio),
    showTarget(figure.target),
  ]);
  const widths = HEADS.map((head, i) =>
    Math.max(...[head, ...rows.map((row) => row[i] ?? "")].map(
      (text) => text.length,
    ))
  );
  const line = (cells: readonly string[]) =>
    cells.map((cell, i) => i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))
      .join("  ");
  return [
    paint.faint(line(HEADS)),
    ...figures.flatMap((figure, i) => {
      const text = line(rows[i] ?? []);
      const mark = figure.met === null ? "" : figure.met ? "  met" : "  missed";
      const limit = figure.limit === null ? "" : ` | ${figure.limit.name}`;
      return [
        text + (figure.met ? paint.good(mark) : paint.bad(mark)),
        paint.faint(`${" ".repeat((widths[0] ?? 0) + 2)}${figure.name}, ${figure.unit}${limit}`),
      ];
    }),
  ].join("\n");
}

function showTarget(target: Target | null): string {
  if (target === null) return "";
  return "atLeast" in target ? `≥ ${target.atLeast}` : `≤ ${target.atMost}`;
}

function range({ min, max }: Spread, format: (value: number) => string): string {
  return `${format(min)} – ${format(max)}`;
}

function number(value: number): string {
  return value.toLocaleString("en", { maximumFractionDigits: value < 100 ? 1 : 0 });
}

function ratio(value: number): string {
  return value.toFixed(2);
}
