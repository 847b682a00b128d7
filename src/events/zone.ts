/** Offsets from UTC as times have them. */

/** The zones that RFC 2822 names, in hours. All others are ambiguous. */
const NAMED: Readonly<Record<string, number>> = {
  Z: 0,
  UT: 0,
  UTC: 0,
  GMT: 0,
  EST: -5,
  EDT: -4,
  CST: -6,
  CDT: -5,
  MST: -7,
  MDT: -6,
  PST: -8,
  PDT: -7,
};

/**
 * Matches a zone behind a time, as the group `zone`; or, as the group `plus`, an offset whose plus sign
 * became a space, as it does in a query.
 */
export const ZONE =
  "(?:\\s*(?<zone>Z|UT|UTC|GMT|[ECMP][SD]T|(?:UTC|GMT)?\\s?[+\\-\u2212]\\d\\d(?::?\\d\\d)?)" +
  "|\\s+(?<plus>\\d\\d:?\\d\\d))";

/** Minutes east of UTC, 0 where no zone is given; `null` if there is no such offset. */
export function readZone(zone: string | undefined, plus: string | undefined): number | null {
  if (zone === undefined && plus === undefined) return 0;
  const named = zone === undefined ? undefined : NAMED[zone.toUpperCase()];
  if (named !== undefined) return named * 60;
  const [, sign = "", hours = "", minutes = "0"] =
    /([+\-\u2212]?)(\d\d):?(\d\d)?$/.exec(zone ?? plus ?? "") ?? [];
  if (Number(hours) > 23 || Number(minutes) > 59) return null;
  const offset = Number(hours) * 60 + Number(minutes);
  return sign === "-" || sign === "\u2212" ? -offset : offset;
}
