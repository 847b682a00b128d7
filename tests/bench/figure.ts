/** From the numbers of repeats to a figure. */

import { spreadOf } from "./statistics.ts";
import type { Figure, Reach } from "./types.ts";

/** The numbers, one a repeat; those of limit and service side by side in time. */
export interface Measured {
  readonly part: string;
  readonly name: string;
  readonly unit: string;
  readonly values: readonly number[];
  readonly limit?: { readonly name: string; readonly values: readonly number[] };
  readonly reach?: Reach;
}

/** Makes a figure. The ratio is taken pair by pair: what slows the machine slows both of a pair. */
export function figureOf({ part, name, unit, values, limit, reach }: Measured): Figure {
  const ratio = limit === undefined
    ? null
    : spreadOf(values.map((value, i) => value / (limit.values[i] ?? NaN)));
  return {
    part,
    name,
    unit,
    value: spreadOf(values),
    limit: limit === undefined ? null : { name: limit.name, value: spreadOf(limit.values) },
    ratio,
    reach: reach ?? null,
    reached: ratio === null || reach === undefined ? null : isReached(ratio.median, reach),
  };
}

function isReached(ratio: number, reach: Reach): boolean {
  return "atLeast" in reach ? ratio >= reach.atLeast : ratio <= reach.atMost;
}

/** Measures by turns, so that what drifts on the machine drifts for all. */
export async function byTurns<Name extends string>(
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
