/** Colours, from the style sheet, and time labels for uPlot. */

import type uPlot from "uplot";

const COLOURS = 8;

/** Value of a CSS custom property in the current theme. */
export function cssValue(name: string): string {
  const value = getComputedStyle(document.body).getPropertyValue(name).trim();
  // A canvas does not understand `light-dark()`.
  const [, light, dark] = /^light-dark\((.+?),\s*(.+)\)$/.exec(value) ?? [];
  const isDark = matchMedia("(prefers-color-scheme: dark)").matches;
  return (isDark ? dark : light) ?? value;
}

/** The colour of series `i`; there are eight, then they repeat. */
export function seriesColour(i: number): string {
  return cssValue(`--series-${i % COLOURS + 1}`);
}

const TIME = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const DATE = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const DAY_SECONDS = 86_400;

/** Labels of the time axis: hours and minutes, or the date at midnight. */
export function axisTime(_: uPlot, splits: number[]): string[] {
  const step = (splits[1] ?? 0) - (splits[0] ?? 0);
  return splits.map((at) => {
    const date = new Date(at * 1_000);
    const isMidnight = date.getHours() === 0 && date.getMinutes() === 0;
    return step >= DAY_SECONDS || isMidnight ? DATE.format(date) : TIME.format(date);
  });
}

/** Date and time at which a step begins. */
export function stepTime(at: number): string {
  const date = new Date(at * 1_000);
  return `${DATE.format(date)} ${TIME.format(date)}`;
}
