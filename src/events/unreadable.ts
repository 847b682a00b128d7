/** Lines of the buffer that cannot be read: what is kept of them, and under which id. */

import { createHash } from "node:crypto";
import { DAMAGE_MARK, isWellFormed, parseRow, readRowJson } from "./line.ts";
import type { EventRow } from "./types.ts";

/** A line that cannot be read. */
export interface UnreadableRow {
  /** Its own id where it begins with one, else derived from its text: the same each time it is read. */
  readonly id: string;
  /** The text of the row, without the request's context (contract 7.4). */
  readonly text: string;
}

/** The row of a line as a JSON array, `null` where the line has no row. It may still be invalid JSON. */
export function tryReadRowJson(line: string): string | null {
  try {
    return isWellFormed(line) ? readRowJson(line) : null;
  } catch {
    return null; // an object, which `readRowJson` parses
  }
}

/** Parses a row, `null` where it is not one: invalid JSON, or without an id. */
export function tryParseRow(rowJson: string): EventRow | null {
  try {
    const row = parseRow(rowJson);
    return isUuid(row.id) ? row : null;
  } catch {
    return null;
  }
}

/** Whether a text is a UUID, as ids and idempotency keys are. */
export function isUuid(text: unknown): text is string {
  return typeof text === "string" && UUID.test(text);
}

/** What is kept of a row that is invalid JSON, or has no id. */
export function toUnreadableRow(rowJson: string): UnreadableRow {
  const id = ID_AT_START.exec(rowJson)?.[1]?.toLowerCase() ?? hashToUuid(rowJson);
  return { id, text: rowJson };
}

/** What is kept of a line that has no row. */
export function toUnreadableLine(line: string): UnreadableRow {
  // The context is after the last tab, unless that is what was damaged.
  const tab = line.lastIndexOf("\t");
  const from = line.startsWith(DAMAGE_MARK) ? DAMAGE_MARK.length : 0;
  return toUnreadableRow(line.slice(from, tab === -1 ? undefined : tab).replace(ADDRESS, "•••"));
}

/** The id of a line's event, also where the line cannot be read. */
export function eventIdOf(line: string): string {
  const json = tryReadRowJson(line);
  if (json === null) return toUnreadableLine(line).id;
  return tryParseRow(json)?.id ?? toUnreadableRow(json).id;
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const ID_AT_START = /^(?:\["|\{"id":\s?")([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"/i;
/** IPv4 and IPv6, and more: what looks like an address is not kept. */
const ADDRESS = /\d{1,3}(?:\.\d{1,3}){3}|(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}/gi;

/** A UUID of version 8, which is free to hold a hash. */
function hashToUuid(text: string): string {
  const hex = createHash("sha256").update(text).digest("hex");
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join("-");
}
