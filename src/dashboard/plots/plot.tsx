/** A chart, its legend, and the same data as a table for screen readers. */

import { useState } from "preact/hooks";
import type { Timeseries } from "../../admin/schema/timeseries.ts";
import { count, duration, NONE, plural } from "../format.ts";
import { Chart } from "./chart.tsx";
import { stepTime } from "./paint.ts";

/** Shows a timeseries; legend entries switch series on and off. */
export function Plot({ data }: { readonly data: Timeseries }) {
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const [step, setStep] = useState<number | null>(null);
  const { series, times, unit } = data;
  if (series.length === 0 || series.every(({ values }) => values.every((n) => !n))) {
    return <p class="empty">No data in this period.</p>;
  }
  function toggle(name: string): void {
    setHidden(hidden.has(name) ? without(hidden, name) : new Set([...hidden, name]));
  }
  return (
    <>
      <Chart data={data} hidden={hidden} onStep={setStep} />
      <p class="note at-step">
        {step === null
          ? unit === "events"
            ? "Totals for the period; hover over the chart for one interval."
            : "Latest"
          : stepTime(times[step] ?? 0)}
      </p>
      <ul class="legend">
        {series.map(({ name, values }, i) => (
          <li key={name}>
            <button type="button" aria-pressed={!hidden.has(name)} onClick={() => toggle(name)}>
              <span class={`swatch s${i % 8 + 1}`} />
              <span class="name">{toLabel(name)}</span>
              <b>{step === null ? summarize(values, unit) : format(values[step] ?? null, unit)}</b>
            </button>
          </li>
        ))}
      </ul>
      <DataTable data={data} />
    </>
  );
}

function without(names: ReadonlySet<string>, name: string): ReadonlySet<string> {
  return new Set([...names].filter((other) => other !== name));
}

function toLabel(name: string): string {
  return name === "" ? "unknown" : name;
}

function format(value: number | null, unit: Timeseries["unit"]): string {
  if (value === null) return NONE;
  return unit === "ms" ? duration(value) : count(value);
}

function summarize(values: readonly (number | null)[], unit: Timeseries["unit"]): string {
  return unit === "ms"
    ? format(values.findLast((value) => value !== null) ?? null, unit)
    : format(values.reduce<number>((sum, value) => sum + (value ?? 0), 0), unit);
}

function DataTable({ data: { series, times, unit } }: { readonly data: Timeseries }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>Show all {plural(times.length, "interval")} as a table</summary>
      {isOpen && (
        <div class="scroll" tabIndex={0} role="region" aria-label="Data table">
          <table class="figures">
            <caption class="visually-hidden">
              {unit === "ms" ? "Durations" : "Events"} by interval
            </caption>
            <thead>
              <tr>
                <th scope="col">From</th>
                {series.map(({ name }) => <th key={name} scope="col">{toLabel(name)}</th>)}
              </tr>
            </thead>
            <tbody>
              {times.map((at, step) => (
                <tr key={at}>
                  <th scope="row">{stepTime(at)}</th>
                  {series.map(({ name, values }) => (
                    <td key={name}>{format(values[step] ?? null, unit)}</td>
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
