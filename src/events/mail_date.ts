/** Dates with the name of a month: RFC 2822, HTTP, `ctime`, JavaScript's `String(date)`. */

import { dayOfMonth, timeOfDay } from "./iso_8601.ts";
import { readZone, ZONE } from "./zone.ts";

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

const WEEKDAY = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,?\\s*";
const MONTH = `(?<month>${MONTHS.join("|")})[a-z]*\\.?`;
const TIME = "(?<hour>\\d{1,2}):(?<minute>\\d\\d)(?::(?<second>\\d\\d)(?:\\.(?<fraction>\\d+))?)?";
/** RFC 2822 allows comments, and JavaScript adds the zone's name as one. */
const COMMENT = "\\s*(?:\\([^()]*\\))?";

/** `Sat, 28 Nov 2026 08:47:31 +0100`, `Saturday, 28-Nov-26 08:47:31 GMT` */
const DAY_FIRST = new RegExp(
  `^(?:${WEEKDAY})?(?<day>\\d{1,2})[\\s-]+${MONTH}[\\s-]+(?<year>\\d{4}|\\d\\d),?\\s+${TIME}(?:${ZONE})?${COMMENT}$`,
  "i",
);
/** `Sat Nov 28 2026 08:47:31 GMT+0100 (CET)` */
const MONTH_FIRST = new RegExp(
  `^${WEEKDAY}${MONTH}\\s+(?<day>\\d{1,2}),?\\s+(?<year>\\d{4})\\s+${TIME}(?:${ZONE})?${COMMENT}$`,
  "i",
);
/** `Sat Nov 28 08:47:31 UTC 2026` */
const YEAR_LAST = new RegExp(
  `^${WEEKDAY}${MONTH}\\s+(?<day>\\d{1,2})\\s+${TIME}(?:\\s+(?:${ZONE}))??\\s+(?<year>\\d{4})$`,
  "i",
);

/** Reads such a date in epoch milliseconds, as UTC where it names no zone; `null` if it is none. */
export function readMailDate(text: string): number | null {
  for (const form of [DAY_FIRST, MONTH_FIRST, YEAR_LAST]) {
    const groups = form.exec(text)?.groups;
    if (groups !== undefined) return toMs(groups);
  }
  return null;
}

function toMs(groups: Readonly<Record<string, string | undefined>>): number | null {
  const month = MONTHS.indexOf(groups["month"]?.toLowerCase() ?? "") + 1;
  const day = dayOfMonth(readYear(groups["year"] ?? ""), month, Number(groups["day"]));
  const time = timeOfDay(
    Number(groups["hour"]),
    Number(groups["minute"]),
    Number(groups["second"] ?? 0),
  );
  const zone = readZone(groups["zone"], groups["plus"]);
  if (day === null || time === null || zone === null) return null;
  const ms = Number((groups["fraction"] ?? "").slice(0, 3).padEnd(3, "0"));
  return day + time + ms - zone * 60_000;
}

/** RFC 2822 reads two digits so. */
function readYear(text: string): number {
  const year = Number(text);
  return text.length > 2 ? year : year + (year < 50 ? 2000 : 1900);
}
