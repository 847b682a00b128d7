/** When an event happened (contract 4.3). */

import { cut, shorten } from "./cut.ts";
import { readEpoch } from "./epoch.ts";
import { readIso8601 } from "./iso_8601.ts";
import { readMailDate } from "./mail_date.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

/** The greatest age of an event, in milliseconds. */
export const MAX_AGE_MS = 30 * DAY_MS;

/** The earliest time of an event that is imported: an older one is a zero, or in a wrong unit. */
const MIN_IMPORTED_MS = Date.UTC(1990, 0, 1);

/** The form that most clients send, which `Date.parse` reads fast. */
const COMMON =
  /^(\d{4})-(\d\d)-(\d\d)T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/** How .NET wrote dates into JSON. Its offset does not change the time. */
const DOT_NET = /^\/Date\((-?\d+)(?:[+-]\d{4})?\)\/$/;

const TAKES = "must be a time, as ISO 8601 (2026-11-28T08:47:31Z), RFC 2822 or epoch milliseconds";
const MAX_SHOWN = 60;
/** Of a text that can be a time. */
const MAX_LENGTH = 100;

/** A time in epoch milliseconds, or why the value is not accepted. */
export type OccurredAt = { readonly ms: number } | { readonly reason: string };

/**
 * Reads `props.occurred_at`, in any form that contract 4.3 has.
 * It may be up to `toleranceMs` in the future.
 *
 * @param isImported whether it may be older than 30 days
 */
export function readOccurredAt(
  value: unknown,
  nowMs: number,
  toleranceMs: number,
  isImported = false,
): OccurredAt {
  const ms = toMs(value);
  if (ms === null) return { reason: `${TAKES}, got ${show(value)}${explain(value)}` };
  if (ms > nowMs + toleranceMs) {
    return { reason: `must not be in the future, got ${describe(ms, value)}` };
  }
  if (isImported) {
    if (ms >= MIN_IMPORTED_MS) return { ms };
    return { reason: `must not be before 1990, got ${describe(ms, value)}` };
  }
  if (ms < nowMs - MAX_AGE_MS) {
    return { reason: `must not be older than 30 days, got ${describe(ms, value)}` };
  }
  return { ms };
}

function toMs(value: unknown): number | null {
  if (typeof value === "number") {
    const isCommon = value >= 1e11 && value < 1e14;
    return isCommon ? Math.trunc(value) : inRange(readEpoch(value)?.ms ?? null);
  }
  if (typeof value !== "string") return null;
  const common = COMMON.exec(value);
  if (common === null) return value.length <= MAX_LENGTH ? readOther(value.trim()) : null;
  const [text, year, month, day] = common;
  // Date.parse turns 30 February into 2 March.
  if (Number(day) > new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate()) return null;
  return inRange(Date.parse(text));
}

function readOther(text: string): number | null {
  const dotNet = DOT_NET.exec(text)?.[1];
  if (dotNet !== undefined) return inRange(Number(dotNet));
  return inRange(readIso8601(text) ?? readMailDate(text) ?? readEpoch(text)?.ms ?? null);
}

/** `null` beyond the range of a Date. */
function inRange(ms: number | null): number | null {
  return ms !== null && Math.abs(ms) <= 8.64e15 ? ms : null;
}

/** A time, and how the value came to mean it where the caller may have meant another. */
function describe(ms: number, value: unknown): string {
  const iso = new Date(ms).toISOString();
  const text = String(value).trim();
  if (isWithoutZone(text)) return `${iso} (without a zone, so as UTC)`;
  const unit = isDate(text) ? undefined : readEpoch(text)?.unit;
  if (unit === undefined || unit === "milliseconds") return iso;
  return `${iso} (${cut(text, MAX_SHOWN)} as epoch ${unit})`;
}

function isDate(text: string): boolean {
  return (readIso8601(text) ?? readMailDate(text)) !== null;
}

/** Whether it is a date that could be followed by a zone. */
function isWithoutZone(text: string): boolean {
  return [`${text}Z`, `${text}T00Z`, `${text} Z`].some(isDate);
}

function show(value: unknown): string {
  return shorten(JSON.stringify(value) ?? "nothing", MAX_SHOWN);
}

const NUMBERS_ONLY = /^\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}\b/;

function explain(value: unknown): string {
  const isAmbiguous = typeof value === "string" && NUMBERS_ONLY.test(value.trim());
  return isAmbiguous ? ", in which day and month cannot be told apart" : "";
}
