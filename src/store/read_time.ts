/** Reads times of Postgres. */

/** A time as Postgres writes it in UTC, without the era that it adds to years before 1. */
const ISO = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)\+00$/;

/**
 * Reads a `timestamptz`. What no `Date` can hold, such as `infinity` or the year 280000, is an invalid one.
 *
 * Not the text as it is: `new Date` takes the years 1 to 99 of such a text for those of this century.
 */
export function readTime(text: string): Date {
  const [, date, time] = ISO.exec(text) ?? [];
  return new Date(date === undefined ? text : `${date}T${time}Z`);
}
