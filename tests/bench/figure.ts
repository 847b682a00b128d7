/** Turns the numbers of repeats into figures. */

import type { Scale } from "./scale.ts";
import { showNumber } from "./show.ts";
import { toSpread } from "./statistics.ts";
import type { Detail, Figure, Suite, Target } from "./types.ts";

/** What `interleave` reads of a suite. */
export interface Turns extends Pick<Suite, "progress"> {
  readonly scale: Pick<Scale, "repeats"> & {
    /** No repeat but the first begins after this time, so that a slow machine is done in time, too. */
    readonly maxSeconds?: number;
  };
}

/** One number per repeat; `values[i]` and `limit.values[i]` were measured right after one another. */
export interface Measured {
  readonly part: string;
  readonly name: string;
  readonly unit: string;
  readonly values: readonly number[];
  readonly limit?: { readonly name: string; readonly values: readonly number[] };
  readonly target?: Target;
  readonly details?: readonly Detail[];
}

/** Makes a figure. The ratio is taken per pair, as what slows the machine down affects both. */
export function toFigure(
  { part, name, unit, values, limit, target, details = [] }: Measured,
): Figure {
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
    details,
  };
}

function isMet(ratio: number, target: Target): boolean {
  return "atLeast" in target ? ratio >= target.atLeast : ratio <= target.atMost;
}

/** A measurement that takes turns with others. */
export interface Turn {
  readonly name: string;
  measure(): Promise<number>;
}

/**
 * Takes the measurements in turn, as often as the scale says, so that drift of the machine affects all of
 * them. Returns the numbers of each, in the order of `turns`.
 */
export async function interleave<const List extends readonly Turn[]>(
  { scale: { repeats, maxSeconds = Infinity }, progress }: Turns,
  unit: string,
  turns: List,
): Promise<{ -readonly [Index in keyof List]: number[] }> {
  const endAt = performance.now() + maxSeconds * 1000;
  const values = turns.map((): number[] => []);
  for (let repeat = 1; repeat <= repeats; repeat++) {
    if (repeat > 1 && performance.now() > endAt) break;
    for (const [i, { name, measure }] of turns.entries()) {
      progress(`${name}, ${repeat} of ${repeats}`);
      const value = await measure();
      progress(`${name}: ${showNumber(value)} ${unit}`);
      values[i]?.push(value);
    }
  }
  return values as { -readonly [Index in keyof List]: number[] };
}
