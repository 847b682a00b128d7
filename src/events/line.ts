/**
 * An event at rest in KV is one line of text: the row as JSON, a tab, the request's context as JSON.
 * JSON text holds no raw tab and no raw newline, so lines split and join without parsing, and the row
 * goes to Postgres as it stands while the context (with the IP address) stays behind (contract 7.4).
 *
 * What is null is left out: a third of a line's bytes, each of which is written to KV twice and read
 * by Postgres once, to which a column that is not named is null as well.
 */

import type { EventRow, RequestContext } from "./types.ts";

/** Whatever may be null, as it is where it is left out. */
const NO_ROW = {
  entity_type: null,
  entity_id: null,
  session_id: null,
  actor_id: null,
  actor_type: null,
  user_id: null,
  creator_id: null,
  brand_id: null,
  props: null,
  attribution: null,
  idempotency_key: null,
  content_hash: null,
} satisfies Partial<EventRow>;
const NO_CONTEXT: RequestContext = {
  ip: null,
  userAgent: null,
  referrer: null,
  language: null,
  clientHints: null,
  place: null,
};

/** An object with `undefined` for null, which `JSON.stringify` leaves out. */
export type WithoutNulls<T> = { [Name in keyof T]: Exclude<T[Name], null> | undefined };

/** Joins a row and its context, both as JSON text. */
export function joinLine(rowJson: string, contextJson: string): string {
  return `${rowJson}\t${contextJson}`;
}

/** The row's JSON text of a line, without parsing it. */
export function rowOf(line: string): string {
  return line.slice(0, line.indexOf("\t"));
}

/** The context's JSON text of a line, without parsing it. */
export function contextOf(line: string): string {
  return line.slice(line.indexOf("\t") + 1);
}

const TRACE = '"trace":"';
const TRACEPARENT_LENGTH = 55;

/** The `traceparent` of the request of a line, where it was traced, without parsing the line. */
export function traceOf(line: string): string | undefined {
  // Within a value the quotes would be escaped.
  const at = line.indexOf(TRACE, line.indexOf("\t"));
  if (at === -1) return undefined;
  const from = at + TRACE.length;
  return line.slice(from, from + TRACEPARENT_LENGTH);
}

/** Parses a row. */
export function parseRow(rowJson: string): EventRow {
  return { ...NO_ROW, ...JSON.parse(rowJson) };
}

/** Parses a line. */
export function parseLine(line: string): { row: EventRow; context: RequestContext } {
  const tab = line.indexOf("\t");
  return {
    row: parseRow(line.slice(0, tab)),
    context: { ...NO_CONTEXT, ...JSON.parse(line.slice(tab + 1)) },
  };
}
