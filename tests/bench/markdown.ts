/** Renders figures as the table of README.md. */

import { showDetails, showNumber, showRange, showRatio, showTarget } from "./show.ts";
import type { Figure } from "./types.ts";

const HEADS = [
  "Part",
  "Measured, median",
  "Limit, in the same run",
  "Ratio (min – max)",
  "Target",
] as const;

/** Renders one row for each figure, aligned as `deno fmt` aligns tables. */
export function renderMarkdown(figures: readonly Figure[]): string {
  const rows = [HEADS, ...figures.map(cellsOf)];
  const widths = HEADS.map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  const [heads = "", ...lines] = rows.map((row) =>
    `| ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(" | ")} |`
  );
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return [heads, rule, ...lines].join("\n");
}

function cellsOf(figure: Figure): string[] {
  const { part, name, unit, value, limit, ratio, target, met, details } = figure;
  const measured = `${name}: ${showNumber(value.median)} ${unit}`;
  return [
    `\`${part}\``,
    details.length === 0 ? measured : `${measured} (${showDetails(details)})`,
    limit === null ? "" : `${limit.name}: ${showNumber(limit.value.median)}`,
    ratio === null ? "" : `${showRatio(ratio.median)} (${showRange(ratio, showRatio)})`,
    target === null ? "none" : showTarget(target) + (met ? "" : ", **missed**"),
  ];
}
