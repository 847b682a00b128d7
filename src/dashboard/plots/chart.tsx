/** A uPlot chart that fills the width of its container. */

import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import type { Timeseries } from "../../admin/schema/timeseries.ts";
import { axisTime, cssValue, seriesColour } from "./paint.ts";
import { compact, duration } from "../format.ts";
import { type Hidden, toLayers } from "./layers.ts";

const HEIGHT = 300;
const DARK = matchMedia("(prefers-color-scheme: dark)");

/** Props of `Chart`. */
export interface ChartProps {
  readonly data: Timeseries;
  readonly hidden: Hidden;
  /** Called with the index of the interval under the pointer. */
  readonly onStep: (step: number | null) => void;
}

/** Recreates the chart when theme, unit or series change; new values only update its data. */
export function Chart({ data, hidden, onStep }: ChartProps) {
  const container = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const [isDark, setDark] = useState(DARK.matches);
  const { columns, order } = toLayers(data, hidden);
  const identity = [isDark, data.unit, order.map((i) => data.series[i]?.name)].join("\n");
  useEffect(() => {
    const change = () => setDark(DARK.matches);
    DARK.addEventListener("change", change);
    return () => DARK.removeEventListener("change", change);
  }, []);
  useEffect(() => {
    const { current } = container;
    if (current === null) return;
    const options = createOptions(data, order, current.clientWidth, onStep);
    const created = plot.current = new uPlot(options, aligned(columns), current);
    const observer = new ResizeObserver(() =>
      created.setSize({ width: current.clientWidth, height: HEIGHT })
    );
    observer.observe(current);
    return () => {
      observer.disconnect();
      created.destroy();
      plot.current = null;
    };
  }, [identity]);
  useEffect(() => plot.current?.setData(aligned(columns)), [data]);
  return <div class="chart" ref={container} aria-hidden="true" />;
}

function aligned(columns: readonly (readonly (number | null)[])[]): uPlot.AlignedData {
  return columns as uPlot.AlignedData;
}

function createOptions(
  { unit, times }: Timeseries,
  order: readonly number[],
  width: number,
  onStep: (step: number | null) => void,
): uPlot.Options {
  const axis = { stroke: cssValue("--faint"), font: `12px ${cssValue("--font")}` };
  const grid = { stroke: cssValue("--line"), width: 1 };
  const stepped = uPlot.paths.stepped?.({ align: 1 });
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
    scales: { y: { range: (_, __, max) => [0, Math.max(max * 1.08, 1)] } },
    axes: [
      { ...axis, grid: { show: false }, ticks: grid, values: axisTime, space: 64, size: 32 },
      {
        ...axis,
        grid,
        ticks: { show: false },
        size: 56,
        incrs: unit === "events" ? COUNT_TICKS : MS_TICKS,
        values: (_, splits) => splits.map((n) => unit === "ms" ? duration(n) : compact(n)),
      },
    ],
    series: [
      {},
      ...order.map((i): uPlot.Series =>
        unit === "ms" ? { stroke: seriesColour(i), width: 2, spanGaps: false } : {
          fill: seriesColour(i),
          stroke: cssValue("--paper"),
          width: 0.5,
          points: { show: false },
          ...(stepped === undefined ? {} : { paths: stepped }),
        }
      ),
    ],
    hooks: {
      setCursor: [
        ({ cursor }) => onStep(cursor.idx == null ? null : Math.min(cursor.idx, times.length - 1)),
      ],
    },
  };
}

const COUNT_TICKS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].flatMap((n) =>
  [1, 2, 5].map((k) => k * 10 ** n)
);
const MS_TICKS = [0, 1, 2, 3, 4, 5, 6].flatMap((n) => [1, 2, 5].map((k) => k * 10 ** n));
