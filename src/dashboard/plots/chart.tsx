/** uPlot in a box that it fills. */

import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import type { Timeseries } from "../../admin/schema.ts";
import { axisTime, ink, seriesColour } from "./paint.ts";
import { compact, duration } from "../format.ts";
import { type Hidden, layersOf } from "./layers.ts";

const HEIGHT = 300;
const DARK = matchMedia("(prefers-color-scheme: dark)");

/** What a chart shows. */
export interface ChartProps {
  readonly data: Timeseries;
  readonly hidden: Hidden;
  /** Told which step the pointer is at. */
  readonly onStep: (step: number | null) => void;
}

/** Draws anew when what there is to draw is another; the same with new figures is only told. */
export function Chart({ data, hidden, onStep }: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const [isDark, setDark] = useState(DARK.matches);
  const { columns, order } = layersOf(data, hidden);
  const look = [isDark, data.unit, order.map((i) => data.series[i]?.name)].join("\n");
  useEffect(() => {
    const change = () => setDark(DARK.matches);
    DARK.addEventListener("change", change);
    return () => DARK.removeEventListener("change", change);
  }, []);
  useEffect(() => {
    const { current } = box;
    if (current === null) return;
    const options = optionsOf(data, order, current.clientWidth, onStep);
    const made = plot.current = new uPlot(options, aligned(columns), current);
    const watch = new ResizeObserver(() =>
      made.setSize({ width: current.clientWidth, height: HEIGHT })
    );
    watch.observe(current);
    return () => {
      watch.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [look]);
  useEffect(() => plot.current?.setData(aligned(columns)), [data]);
  return <div class="chart" ref={box} aria-hidden="true" />;
}

function aligned(columns: readonly (readonly (number | null)[])[]): uPlot.AlignedData {
  return columns as uPlot.AlignedData;
}

function optionsOf(
  { unit, times }: Timeseries,
  order: readonly number[],
  width: number,
  onStep: (step: number | null) => void,
): uPlot.Options {
  const axis = { stroke: ink("--faint"), font: `12px ${ink("--font")}` };
  const grid = { stroke: ink("--line"), width: 1 };
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
        incrs: unit === "events" ? WHOLE : MS,
        values: (_, splits) => splits.map((n) => unit === "ms" ? duration(n) : compact(n)),
      },
    ],
    series: [
      {},
      ...order.map((i): uPlot.Series =>
        unit === "ms" ? { stroke: seriesColour(i), width: 2, spanGaps: false } : {
          fill: seriesColour(i),
          stroke: ink("--paper"),
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

const WHOLE = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].flatMap((n) => [1, 2, 5].map((k) => k * 10 ** n));
const MS = [0, 1, 2, 3, 4, 5, 6].flatMap((n) => [1, 2, 5].map((k) => k * 10 ** n));
