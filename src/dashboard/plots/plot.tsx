/** A chart, its legend, and the same as a table for whoever does not see it. */

import { useState } from "preact/hooks";
import type { Timeseries } from "../../admin/schema.ts";
import { count, duration, many, NONE } from "../format.ts";
import { Chart } from "./chart.tsx";
import { stepTime } from "./paint.ts";

/** Shows a timeseries. */
export function Plot({ data }: { readonly data: Timeseries }) {
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const [step, setStep] = useState<number | null>(null);
  const { series, times, unit } = data;
  if (series.length === 0 || series.every(({ values }) => values.every((n) => !n))) {
    return <p class="empty">Nothing happened in this time.</p>;
  }
  function toggle(name: string): void {
    setHidden(hidden.has(name) ? without(hidden, name) : new Set([...hidden, name]));
  }
  return (
    <>
      <Chart data={data} hidden={hidden} onStep={setStep} />
      <p class="note at-step">
        {step === null
          ? unit === "events" ? "Sums of the whole time; point at a step for its figures." : "Last"
          : stepTime(times[step] ?? 0)}
      </p>
      <ul class="legend">
        {series.map(({ name, values }, i) => (
          <li key={name}>
            <button type="button" aria-pressed={!hidden.has(name)} onClick={() => toggle(name)}>
              <span class={`swatch s${i % 8 + 1}`} />
              <span class="name">{named(name)}</span>
              <b>{step === null ? overall(values, unit) : figure(values[step] ?? null, unit)}</b>
            </button>
          </li>
        ))}
      </ul>
      <Figures data={data} />
    </>
  );
}

function without(names: ReadonlySet<string>, name: string): ReadonlySet<string> {
  return new Set([...names].filter((other) => other !== name));
}

function named(name: string): string {
  return name === "" ? "not known" : name;
}

function figure(value: number | null, unit: Timeseries["unit"]): string {
  if (value === null) return NONE;
  return unit === "ms" ? duration(value) : count(value);
}

function overall(values: readonly (number | null)[], unit: Timeseries["unit"]): string {
  return unit === "ms"
    ? figure(values.findLast((value) => value !== null) ?? null, unit)
    : figure(values.reduce<number>((sum, value) => sum + (value ?? 0), 0), unit);
}

function Figures({ data: { series, times, unit } }: { readonly data: Timeseries }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>All {many(times.length, "step")} as a table</summary>
      {isOpen && (
        <div class="scroll" tabIndex={0} role="region" aria-label="Figures">
          <table class="figures">
            <caption class="unseen">{unit === "ms" ? "Durations" : "Events"} by step</caption>
            <thead>
              <tr>
                <th scope="col">From</th>
                {series.map(({ name }) => <th key={name} scope="col">{named(name)}</th>)}
              </tr>
            </thead>
            <tbody>
              {times.map((at, step) => (
                <tr key={at}>
                  <th scope="row">{stepTime(at)}</th>
                  {series.map(({ name, values }) => (
                    <td key={name}>{figure(values[step] ?? null, unit)}</td>
                  ))}
                </tr>
              )).toReversed()}
            </tbody>
          </table>
        </div>
      )}
    </details>
  );
}
