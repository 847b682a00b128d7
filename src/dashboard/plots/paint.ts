/** Colours and times as uPlot draws them; the colours are the style sheet's. */

import type uPlot from "uplot";

const COLOURS = 8;

/** What a custom property is in this theme. */
export function ink(name: string): string {
  const value = getComputedStyle(document.body).getPropertyValue(name).trim();
  // A canvas does not know `light-dark()`.
  const [, light, dark] = /^light-dark\((.+?),\s*(.+)\)$/.exec(value) ?? [];
  const isDark = matchMedia("(prefers-color-scheme: dark)").matches;
  return (isDark ? dark : light) ?? value;
}

/** The colour of the series of this number. */
export function seriesColour(i: number): string {
  return ink(`--series-${i % COLOURS + 1}`);
}

const TIME = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const DATE = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const DAY_SECONDS = 86_400;

/** The time axis: hours and minutes, the date where a day begins. */
export function axisTime(_: uPlot, splits: number[]): string[] {
  const step = (splits[1] ?? 0) - (splits[0] ?? 0);
  return splits.map((at) => {
    const date = new Date(at * 1_000);
    const isMidnight = date.getHours() === 0 && date.getMinutes() === 0;
    return step >= DAY_SECONDS || isMidnight ? DATE.format(date) : TIME.format(date);
  });
}

/** A step's begin, whole. */
export function stepTime(at: number): string {
  const date = new Date(at * 1_000);
  return `${DATE.format(date)} ${TIME.format(date)}`;
}
