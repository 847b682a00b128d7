/** Renders figures as a table for a terminal. */

import { showDetails, showNumber, showRange, showRatio, showTarget } from "./show.ts";
import type { Figure } from "./types.ts";

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
    showNumber(figure.value.median),
    showRange(figure.value, showNumber),
    figure.limit === null ? "" : showNumber(figure.limit.value.median),
    figure.limit === null ? "" : showRange(figure.limit.value, showNumber),
    figure.ratio === null ? "" : showRatio(figure.ratio.median),
    figure.ratio === null ? "" : showRange(figure.ratio, showRatio),
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
  const indent = " ".repeat((widths[0] ?? 0) + 2);
  return [
    paint.faint(line(HEADS)),
    ...figures.flatMap((figure, i) => {
      const text = line(rows[i] ?? []);
      const mark = figure.met === null ? "" : figure.met ? "  met" : "  missed";
      const limit = figure.limit === null ? "" : ` | ${figure.limit.name}`;
      const details = figure.details.length === 0 ? [] : [showDetails(figure.details)];
      return [
        text + (figure.met ? paint.good(mark) : paint.bad(mark)),
        ...[`${figure.name}, ${figure.unit}${limit}`, ...details]
          .map((text) => paint.faint(indent + text)),
      ];
    }),
  ].join("\n");
}
