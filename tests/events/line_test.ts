import { assertEquals, assertNotMatch } from "../support/assert.ts";
import {
  COLUMNS,
  encodeRow,
  joinLine,
  parseLine,
  parseRow,
  readRowJson,
  readTrace,
} from "../../src/events/line.ts";
import type { EventRow } from "../../src/events/types.ts";
import { acceptedEvent } from "../support/events.ts";

Deno.test("readRowJson() returns the row's JSON without the request's context", () => {
  assertEquals(readRowJson(joinLine('["a"]', '{"ip":"203.0.113.7"}')), '["a"]');
});

Deno.test("a row reads the same as an array or an object, and readRowJson() returns an array", () => {
  const props = { nothing: null, list: [{}] };
  const { line } = acceptedEvent({
    eventType: "page_viewed",
    entityId: "c1234567",
    entityType: "asset",
    props,
  });
  const { row } = parseLine(line);
  assertEquals([row.event_type, row.props, row.brand_id], ["page_viewed", props, null]);
  const object = JSON.stringify(row);
  assertEquals(parseRow(object), row);
  assertEquals(readRowJson(joinLine(object, "{}")), readRowJson(line));
  assertEquals(encodeRow(row), readRowJson(line));
});

Deno.test("parseLine() reverses joinLine(), with tabs and newlines in strings", () => {
  const props = { text: "a\tb\nc" };
  const { row } = parseLine(acceptedEvent({ eventType: "page_viewed", props }).line);
  assertEquals(row.props, props);
});

const TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

Deno.test("readTrace() returns the request's trace, or undefined", () => {
  const row = JSON.stringify({ props: { trace: "of a client's own" } });
  assertEquals(readTrace(joinLine(row, JSON.stringify({ ip: null, trace: TRACE }))), TRACE);
  assertEquals(readTrace(joinLine(row, JSON.stringify({ ip: null, referrer: null }))), undefined);
});

Deno.test("readTrace() is not fooled by a header that looks like a trace", () => {
  const userAgent = `","trace":"${TRACE}"`;
  assertEquals(readTrace(joinLine("{}", JSON.stringify({ userAgent, ip: null }))), undefined);
});

Deno.test("nulls are not written, and read as null", () => {
  const { line } = acceptedEvent({ eventType: "page_viewed" });
  assertNotMatch(line, /null,null/);
  const { row, context } = parseLine(line);
  assertEquals([row.user_id, row.props, row.idempotency_key], [null, null, null]);
  assertEquals([context.referrer, context.place, context.ip], [null, null, "203.0.113.7"]);
});

Deno.test("every column of a row has its own position in the line", () => {
  const { row } = parseLine(acceptedEvent({ eventType: "page_viewed" }).line);
  // Fails to compile if COLUMNS lacks a column of EventRow.
  const all: readonly (keyof EventRow extends (typeof COLUMNS)[number] ? string : never)[] =
    COLUMNS;
  assertEquals(all.length, new Set(all).size);
  for (const name of COLUMNS) {
    const only = Object.fromEntries(COLUMNS.map((column) => [column, null]));
    assertEquals(parseRow(encodeRow({ ...row, ...only, [name]: "x" }))[name], "x", name);
  }
});
