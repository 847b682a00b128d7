/** Dates and times as ISO 8601 has them: extended, basic, by week, by day of the year. */

import { readZone, ZONE } from "./zone.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const DATE = "(?:-(?<month>\\d\\d)-(?<day>\\d\\d)|(?<month2>\\d\\d)(?<day2>\\d\\d)" +
  "|-?W(?<week>\\d\\d)-?(?<weekday>[1-7])|-?(?<ordinal>\\d{3}))";
const TIME =
  "(?<hour>\\d\\d)(?::?(?<minute>\\d\\d)(?::?(?<second>\\d\\d))?)?(?:[.,](?<fraction>\\d+))?";
/** A day of XML Schema may have a zone, too. */
const DATE_ZONE = "(?<dateZone>Z|[+-]\\d\\d:\\d\\d)";
// RFC 9557 adds `[Europe/Berlin]`, Go a name and its monotonic clock; the offset before them counts.
const SUFFIX = "(?: [A-Z]{2,5})?(?: m=[+-][\\d.]+)?(?:\\[[\\w/+-]+\\])*";
const ISO_8601 = new RegExp(
  `^(?<year>\\d{4})${DATE}(?:(?:T| +)${TIME}(?:${ZONE}${SUFFIX})?|${DATE_ZONE})?$`,
  "i",
);

/** `20261128084731`: no epoch time has as many digits until the year 2286. */
const DIGITS_ONLY = /^(\d{8})(\d{6})$/;

type Groups = Readonly<Record<string, string | undefined>>;

/** Reads a time in epoch milliseconds, as UTC where it names no zone; `null` if it is none. */
export function readIso8601(text: string): number | null {
  const groups = ISO_8601.exec(text.replace(DIGITS_ONLY, "$1T$2"))?.groups;
  if (groups === undefined) return null;
  const day = readDay(groups);
  const time = readTime(groups);
  const zone = readZone(groups["zone"] ?? groups["dateZone"], groups["plus"]);
  if (day === null || time === null || zone === null) return null;
  return day + time - zone * MINUTE_MS;
}

/** The beginning of the day. */
function readDay(groups: Groups): number | null {
  const year = Number(groups["year"]);
  if (groups["week"] !== undefined) return dayOfWeek(year, groups);
  if (groups["ordinal"] !== undefined) return dayOfMonth(year, 1, Number(groups["ordinal"]), 366);
  return dayOfMonth(
    year,
    Number(groups["month"] ?? groups["month2"]),
    Number(groups["day"] ?? groups["day2"]),
  );
}

/** A day counted from the first of a month, or `null` where the month or the year has fewer. */
export function dayOfMonth(year: number, month: number, day: number, most = 31): number | null {
  const date = new Date(Date.UTC(year, month - 1, day));
  const isThere = month >= 1 && month <= 12 && day >= 1 && day <= most &&
    date.getUTCFullYear() === year && (most > 31 || date.getUTCMonth() === month - 1);
  return isThere ? date.getTime() : null;
}

/** Week 1 is that of 4 January, and weeks begin on Monday. */
function dayOfWeek(year: number, groups: Groups): number | null {
  const week = Number(groups["week"]);
  const last = weekOne(year + 1);
  const ms = weekOne(year) + ((week - 1) * 7 + Number(groups["weekday"]) - 1) * DAY_MS;
  return week >= 1 && ms < last ? ms : null;
}

function weekOne(year: number): number {
  const fourth = Date.UTC(year, 0, 4);
  return fourth - (new Date(fourth).getUTCDay() + 6) % 7 * DAY_MS;
}

/** Milliseconds since the beginning of the day; the last part given may have a fraction. */
function readTime(groups: Groups): number | null {
  const { hour, minute, second, fraction } = groups;
  if (hour === undefined) return 0;
  const ms = timeOfDay(Number(hour), Number(minute ?? 0), Number(second ?? 0));
  if (ms === null || fraction === undefined) return ms;
  if (second !== undefined) return ms + Number(fraction.slice(0, 3).padEnd(3, "0"));
  return ms + Math.round(Number(`0.${fraction}`) * (minute === undefined ? HOUR_MS : MINUTE_MS));
}

/** Milliseconds since the beginning of the day; 24:00:00 is its end. */
export function timeOfDay(hour: number, minute: number, second: number): number | null {
  const ms = hour * HOUR_MS + minute * MINUTE_MS + second * 1000;
  return minute < 60 && second < 60 && ms <= DAY_MS ? ms : null;
}
