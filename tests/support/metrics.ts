/** Checks that the PromQL of alerts and dashboards uses only existing metrics and labels. */

import { type Instrument, INSTRUMENTS } from "../../src/metrics/instruments.ts";

const BY_SERIES: ReadonlyMap<string, Instrument> = new Map(
  Object.values<Instrument>(INSTRUMENTS).flatMap((instrument) => {
    const { name, kind } = instrument;
    const suffixes = kind === "histogram" ? ["_bucket", "_sum", "_count"] : [""];
    return suffixes.map((suffix) => [name + suffix, instrument] as const);
  }),
);

/** Labels that Prometheus adds to every series, and that of histogram buckets. */
const COMMON_LABELS = ["job", "instance", "le"];

/** Returns the series and labels in an expression that do not exist. */
export function unknownIn(expression: string): string[] {
  const unknown: string[] = [];
  for (
    const [, series = "", selector = ""] of expression.matchAll(/(sluice_\w+)(?:\{([^}]*)\})?/g)
  ) {
    const instrument = BY_SERIES.get(series);
    if (instrument === undefined) unknown.push(series);
    for (const [, label = ""] of selector.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)) {
      const known = [...COMMON_LABELS, ...instrument?.labels ?? []];
      if (!known.includes(label)) unknown.push(`${series}{${label}}`);
    }
  }
  return unknown;
}

/** Returns the names of the metrics that no expression queries. */
export function unusedIn(expressions: readonly string[]): string[] {
  const text = expressions.join("\n");
  return Object.values<Instrument>(INSTRUMENTS)
    .map(({ name }) => name)
    .filter((name) => !new RegExp(`${name}(_bucket|_sum|_count)?\\b`).test(text));
}
