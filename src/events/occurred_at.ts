/** When an event happened (contract 4.3). */

const DAY_MS = 24 * 60 * 60 * 1000;

/** The greatest age of an event, in milliseconds. */
export const MAX_AGE_MS = 30 * DAY_MS;

const ISO_8601 =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(Z|[+-]\d\d(?::?\d\d)?)?)?$/i;

/** A time in epoch milliseconds, or why the value is not accepted. */
export type OccurredAt = { readonly ms: number } | { readonly reason: string };

/**
 * Reads `props.occurred_at`: ISO 8601 text (UTC where it names no zone) or epoch milliseconds.
 * It may be up to `toleranceMs` in the future.
 */
export function readOccurredAt(value: unknown, nowMs: number, toleranceMs: number): OccurredAt {
  const ms = toMs(value);
  if (ms === null) {
    return {
      reason: `must be an ISO 8601 date or epoch milliseconds, got ${JSON.stringify(value)}`
        .slice(0, 160),
    };
  }
  if (ms > nowMs + toleranceMs) {
    return { reason: `must not be in the future, got ${new Date(ms).toISOString()}` };
  }
  if (ms < nowMs - MAX_AGE_MS) {
    return { reason: `must not be older than 30 days, got ${new Date(ms).toISOString()}` };
  }
  return { ms };
}

function toMs(value: unknown): number | null {
  if (typeof value === "number") return inRange(Math.trunc(value));
  if (typeof value !== "string") return null;
  const match = ISO_8601.exec(value.trim());
  if (match === null) return null;
  const [text, year, month, day, zone] = match;
  // Date.parse turns 30 February into 2 March.
  if (Number(day) > new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate()) return null;
  return inRange(Date.parse(normalise(text, zone)));
}

/** Rewrites a time to the one form that all engines parse alike. */
function normalise(text: string, zone: string | undefined): string {
  if (text.length <= 10) return text;
  const base = (zone === undefined ? text : text.slice(0, -zone.length))
    .replace(/[ t]/, "T").replace(",", ".");
  if (zone === undefined || zone.toUpperCase() === "Z") return `${base}Z`;
  const digits = zone.slice(1).replace(":", "").padEnd(4, "0");
  return `${base}${zone[0]}${digits.slice(0, 2)}:${digits.slice(2)}`;
}

/** `null` beyond the range of a Date. */
function inRange(ms: number): number | null {
  return Math.abs(ms) <= 8.64e15 ? ms : null;
}
