/** What alerts and dashboards may ask for: the metrics that there are. */

import { type Instrument, INSTRUMENTS } from "../../src/metrics/instruments.ts";

const BY_SERIES: ReadonlyMap<string, Instrument> = new Map(
  Object.values<Instrument>(INSTRUMENTS).flatMap((instrument) => {
    const { name, kind } = instrument;
    const suffixes = kind === "histogram" ? ["_bucket", "_sum", "_count"] : [""];
    return suffixes.map((suffix) => [name + suffix, instrument] as const);
  }),
);

/** Labels that Prometheus adds, and a histogram's own. */
const EVERYWHERE = ["job", "instance", "le"];

/** What an expression asks for that there is not: series, and labels in their selectors. */
export function unknownIn(expression: string): string[] {
  const unknown: string[] = [];
  for (
    const [, series = "", selector = ""] of expression.matchAll(/(sluice_\w+)(?:\{([^}]*)\})?/g)
  ) {
    const instrument = BY_SERIES.get(series);
    if (instrument === undefined) unknown.push(series);
    for (const [, label = ""] of selector.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)) {
      const known = [...EVERYWHERE, ...instrument?.labels ?? []];
      if (!known.includes(label)) unknown.push(`${series}{${label}}`);
    }
  }
  return unknown;
}

/** The metrics, by the names of the instruments, that no expression asks for. */
export function unusedIn(expressions: readonly string[]): string[] {
  const text = expressions.join("\n");
  return Object.values<Instrument>(INSTRUMENTS)
    .map(({ name }) => name)
    .filter((name) => !new RegExp(`${name}(_bucket|_sum|_count)?\\b`).test(text));
}
