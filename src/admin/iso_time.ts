/** Times in responses. */

/**
 * A time in ISO 8601; `null` where it has none: no time at all, or one outside of the years 0 to 9999, which
 * SQL can write into any column and a line of the buffer can hold when it is damaged (contract 9.13).
 */
export function toIsoTime(time: unknown): string | null {
  const date = time instanceof Date ? time : typeof time === "string" ? new Date(time) : null;
  if (date === null || Number.isNaN(date.getTime())) return null;
  const text = date.toISOString();
  return /^\d{4}-/.test(text) ? text : null;
}
