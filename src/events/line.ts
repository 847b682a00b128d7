/**
 * A buffered event is one line of text: the row as JSON, a tab, the request's context as JSON. JSON
 * contains no raw tab or newline, so that lines are split and joined without parsing, and the row goes to
 * Postgres unchanged while the context (with the IP address) stays behind (contract 7.4).
 *
 * The row is an array of its columns without trailing nulls. An object would take twice the bytes, which
 * KV writes twice, and twice the time for Postgres to parse.
 */

import type { EventRow, RequestContext } from "./types.ts";

/** The columns of a buffered row, those most often null last. Add new ones at the end. */
export const COLUMNS = [
  "id",
  "occurred_at",
  "received_at",
  "event_type",
  "known_event_type",
  "source",
  "session_id",
  "props",
  "entity_type",
  "entity_id",
  "attribution",
  "idempotency_key",
  "content_hash",
  "user_id",
  "actor_id",
  "actor_type",
  "creator_id",
  "brand_id",
  "user_role",
] as const satisfies readonly (keyof EventRow)[];

/** An empty context, for events whose context was not kept. */
export const NO_CONTEXT: RequestContext = {
  ip: null,
  userAgent: null,
  referrer: null,
  language: null,
  clientHints: null,
  place: null,
};

/** An empty context as JSON text, as in a line. */
export const EMPTY_CONTEXT = "{}";

/** `T` with `undefined` instead of null, which `JSON.stringify` leaves out. */
export type WithoutNulls<T> = { [Name in keyof T]: Exclude<T[Name], null> | undefined };

/** Encodes a row as the JSON array that is buffered. */
export function encodeRow(row: Partial<WithoutNulls<EventRow>> | EventRow): string {
  // Spelled out in the order of COLUMNS: a loop over the names takes three times as long.
  const values: unknown[] = [
    row.id,
    row.occurred_at,
    row.received_at,
    row.event_type,
    row.known_event_type,
    row.source,
    row.session_id,
    row.props,
    row.entity_type,
    row.entity_id,
    row.attribution,
    row.idempotency_key,
    row.content_hash,
    row.user_id,
    row.actor_id,
    row.actor_type,
    row.creator_id,
    row.brand_id,
    row.user_role,
  ];
  while (values.length > 0 && (values.at(-1) ?? null) === null) values.pop();
  return JSON.stringify(values);
}

/** Joins a row and its context, both JSON text, into a line. */
export function joinLine(rowJson: string, contextJson: string): string {
  return `${rowJson}\t${contextJson}`;
}

/** The quote after the id of a row. */
const ID_END = 2 + 36;

/** Begins the text of a line whose bytes are damaged, which is therefore not well-formed. */
export const DAMAGE_MARK = "\ufffd";

/**
 * Whether a line has the form that `joinLine` gives it, without parsing it. Storage can be damaged; a
 * line of another form is not an event that can be stored, and may be anything.
 */
export function isWellFormed(line: string): boolean {
  const tab = line.indexOf("\t");
  const isRow = line.startsWith('["')
    ? line.startsWith('"', ID_END) && line.startsWith("]", tab - 1)
    : line.startsWith("{") && line.startsWith("}", tab - 1);
  return tab > 0 && isRow && line.startsWith("{", tab + 1) && line.endsWith("}") &&
    !line.includes("\t", tab + 1);
}

/** The JSON text of a line's row, always as an array. */
export function readRowJson(line: string): string {
  const json = line.slice(0, line.indexOf("\t"));
  return isArray(json) ? json : encodeRow(parseRow(json)); // a replayed dead letter
}

/** The JSON text of a line's context. */
export function readContextJson(line: string): string {
  return line.slice(line.indexOf("\t") + 1);
}

const TRACE = '"trace":"';
const TRACEPARENT_LENGTH = 55;

/** The `traceparent` of a line's request, if it was traced, without parsing the line. */
export function readTrace(line: string): string | undefined {
  // Inside a value the quotes would be escaped.
  const at = line.indexOf(TRACE, line.indexOf("\t"));
  if (at === -1) return undefined;
  const from = at + TRACE.length;
  return line.slice(from, from + TRACEPARENT_LENGTH);
}

/** Parses a row, given as an array or, as people edit it, an object. */
export function parseRow(rowJson: string): EventRow {
  const parsed = JSON.parse(rowJson);
  const values = isArray(rowJson) ? parsed : COLUMNS.map((name) => parsed[name]);
  // Spelled out for the same reason as in `encodeRow`; every row then has one shape, too.
  return {
    id: values[0] ?? null,
    occurred_at: values[1] ?? null,
    received_at: values[2] ?? null,
    event_type: values[3] ?? null,
    known_event_type: values[4] ?? null,
    source: values[5] ?? null,
    session_id: values[6] ?? null,
    props: values[7] ?? null,
    entity_type: values[8] ?? null,
    entity_id: values[9] ?? null,
    attribution: values[10] ?? null,
    idempotency_key: values[11] ?? null,
    content_hash: values[12] ?? null,
    user_id: values[13] ?? null,
    actor_id: values[14] ?? null,
    actor_type: values[15] ?? null,
    creator_id: values[16] ?? null,
    brand_id: values[17] ?? null,
    user_role: values[18] ?? null,
  };
}

function isArray(json: string): boolean {
  return json.startsWith("[");
}

/** Parses a request's context. */
export function parseContext(contextJson: string): RequestContext {
  return { ...NO_CONTEXT, ...JSON.parse(contextJson) };
}

/** Parses a line. */
export function parseLine(line: string): { row: EventRow; context: RequestContext } {
  const tab = line.indexOf("\t");
  return { row: parseRow(line.slice(0, tab)), context: parseContext(line.slice(tab + 1)) };
}
