/** Tiles: one figure each, with details. */

import type { ComponentChildren } from "preact";
import { count, NONE, perSecond } from "../format.ts";
import { computeRates, type Flow, type Reading } from "./rates.ts";

/** Props of `Tile`. */
export interface TileProps {
  readonly name: string;
  readonly figure: string;
  readonly unit: string;
  readonly children?: ComponentChildren;
}

/** A figure with a heading; `children` go below it. */
export function Tile({ name, figure, unit, children }: TileProps) {
  return (
    <article class="tile">
      <h3>{name}</h3>
      <p class="figure">
        {figure} <small>{unit}</small>
      </p>
      {children}
    </article>
  );
}

/** A small definition list. */
export function Facts({ facts }: { readonly facts: Readonly<Record<string, string>> }) {
  return (
    <dl class="facts">
      {Object.entries(facts).map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Props of `RateTile`. */
export interface RateTileProps {
  readonly name: string;
  readonly flow: Flow;
  readonly readings: readonly Reading[];
}

/** A rate, its sparkline and peak over three minutes, and the all-time total. */
export function RateTile({ name, flow, readings }: RateTileProps) {
  const rates = computeRates(readings, flow);
  const total = readings.at(-1)?.balance[flow] ?? null;
  return (
    <article class={`tile rate ${flow}`}>
      <h3>{name}</h3>
      <p class="figure">
        {perSecond(rates.at(-1) ?? null)} <small>/s</small>
      </p>
      <Sparkline values={rates} />
      <Facts
        facts={{
          "Peak, 3 min": rates.length === 0 ? NONE : perSecond(Math.max(...rates)),
          Total: count(total),
        }}
      />
    </article>
  );
}

const WIDTH = 90;
const HEIGHT = 28;

function Sparkline({ values }: { readonly values: readonly number[] }) {
  const top = Math.max(1, ...values);
  const first = WIDTH - (values.length - 1); // newest on the right, one unit per reading
  const points = values.map((value, i) =>
    `${first + i},${(HEIGHT - 1 - (HEIGHT - 2) * value / top).toFixed(1)}`
  );
  return (
    <svg
      class="spark"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <path class="floor" d={`M0 ${HEIGHT - 0.5}H${WIDTH}`} />
      {points.length > 1 && (
        <>
          <path class="area" d={`M${first} ${HEIGHT}L${points.join("L")}V${HEIGHT}z`} />
          <path class="line" d={`M${points.join("L")}`} />
        </>
      )}
    </svg>
  );
}
