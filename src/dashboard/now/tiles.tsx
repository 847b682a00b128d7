/** Tiles: one figure each, and what belongs to it. */

import type { ComponentChildren } from "preact";
import { count, NONE, perSecond } from "../format.ts";
import { type Flow, ratesOf, type Reading } from "./rates.ts";

/** What a tile shows. */
export interface TileProps {
  readonly name: string;
  readonly figure: string;
  readonly unit: string;
  readonly children?: ComponentChildren;
}

/** A name, a figure, and more. */
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

/** Names and values, small. */
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

/** What a rate's tile is made of. */
export interface RateTileProps {
  readonly name: string;
  readonly flow: Flow;
  readonly readings: readonly Reading[];
}

/** A rate, how it went in the last minutes, and the sum of all time. */
export function RateTile({ name, flow, readings }: RateTileProps) {
  const rates = ratesOf(readings, flow);
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
          "In all": count(total),
        }}
      />
    </article>
  );
}

const WIDTH = 90;
const HEIGHT = 28;

function Sparkline({ values }: { readonly values: readonly number[] }) {
  const top = Math.max(1, ...values);
  const first = WIDTH - (values.length - 1); // the newest at the right, one reading a step
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
