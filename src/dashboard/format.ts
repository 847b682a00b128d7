/** Formats numbers, times and ids for display. */

const COUNT = new Intl.NumberFormat("en-GB");
const COMPACT = new Intl.NumberFormat("en-GB", { notation: "compact", maximumFractionDigits: 1 });
const CLOCK = new Intl.DateTimeFormat("en-GB", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});
const MILLISECONDS = new Intl.DateTimeFormat("en-GB", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
});
const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });

/** Shown where there is no value. */
export const NONE = "–";

/** The time zone of all displayed times. */
export const TIME_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** `1,234` */
export function count(value: number | null): string {
  return value === null ? NONE : COUNT.format(value);
}

/** `1.2K`, for axes. */
export function compact(value: number): string {
  return COMPACT.format(value);
}

/** Events per second: `0`, `0.4`, `12`, `1,234`. */
export function perSecond(value: number | null): string {
  if (value === null) return NONE;
  if (value > 0 && value < 0.1) return "< 0.1";
  return value === 0 || value >= 10 ? COUNT.format(Math.round(value)) : value.toFixed(1);
}

/** `12 ms`, `1.5 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`. */
export function duration(ms: number | null): string {
  if (ms === null) return NONE;
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1_000;
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  const whole = Math.round(seconds);
  if (whole < 3_600) return pair(whole, 60, "min", 1, "s");
  if (whole < 86_400) return pair(whole, 3_600, "h", 60, "min");
  return pair(whole, 86_400, "d", 3_600, "h");
}

function pair(seconds: number, big: number, bigName: string, small: number, name: string): string {
  const rest = Math.floor(seconds % big / small);
  return `${Math.floor(seconds / big)} ${bigName}${rest === 0 ? "" : ` ${rest} ${name}`}`;
}

/** `14:03:10`, from epoch milliseconds. */
export function clock(at: number): string {
  return CLOCK.format(at);
}

/** `14:03:10.123` */
export function exactClock(iso: string): string {
  return MILLISECONDS.format(new Date(iso));
}

/** `14:03:10` for today, otherwise `24 Nov 14:03:10`. */
export function when(iso: string, now = Date.now()): string {
  const at = new Date(iso);
  const today = DAY.format(at) === DAY.format(now);
  return today ? CLOCK.format(at) : `${DAY.format(at)} ${CLOCK.format(at)}`;
}

/** `0192…00abcd`: an id shortened for table cells. */
export function shortId(id: string): string {
  return id.length <= 13 ? id : `${id.slice(0, 4)}…${id.slice(-6)}`;
}

/** `1 event`, `2 events`. */
export function plural(n: number, one: string, several = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : several}`;
}
