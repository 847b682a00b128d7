/** Turns the numbers of repeats into figures. */

import { toSpread } from "./statistics.ts";
import type { Figure, Target } from "./types.ts";

/** One number per repeat; `values[i]` and `limit.values[i]` were measured right after one another. */
export interface Measured {
  readonly part: string;
  readonly name: string;
  readonly unit: string;
  readonly values: readonly number[];
  readonly limit?: { readonly name: string; readonly values: readonly number[] };
  readonly target?: Target;
}

/** Makes a figure. The ratio is taken per pair, as what slows the machine down affects both. */
export function toFigure({ part, name, unit, values, limit, target }: Measured): Figure {
  const ratio = limit === undefined
    ? null
    : toSpread(values.map((value, i) => value / (limit.values[i] ?? NaN)));
  return {
    part,
    name,
    unit,
    value: toSpread(values),
    limit: limit === undefined ? null : { name: limit.name, value: toSpread(limit.values) },
    ratio,
    target: target ?? null,
    met: ratio === null || target === undefined ? null : isMet(ratio.median, target),
  };
}

function isMet(ratio: number, target: Target): boolean {
  return "atLeast" in target ? ratio >= target.atLeast : ratio <= target.atMost;
}

/** Takes the measurements in turn, `repeats` times, so that drift of the machine affects all of them. */
export async function interleave<Name extends string>(
  repeats: number,
  turns: Readonly<Record<Name, () => Promise<number>>>,
): Promise<Record<Name, number[]>> {
  const names = Object.keys(turns) as Name[];
  const rates = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<
    Name,
    number[]
  >;
  for (let i = 0; i < repeats; i++) {
    for (const name of names) rates[name].push(await turns[name]());
  }
  return rates;
}
