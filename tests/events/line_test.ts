import { assertEquals } from "../support/assert.ts";
import { joinLine, parseLine, rowOf } from "../../src/events/line.ts";
import { acceptedEvent } from "../support/events.ts";

Deno.test("rowOf() gives the row's JSON without the request's context", () => {
  assertEquals(rowOf(joinLine('{"a":1}', '{"ip":"203.0.113.7"}')), '{"a":1}');
});

Deno.test("parseLine() gives back what was joined, tabs and newlines in strings included", () => {
  const props = { text: "a\tb\nc" };
  const { row } = parseLine(acceptedEvent({ eventType: "page_viewed", props }).line);
  assertEquals(row.props, props);
});

Deno.test("what is null is not written, and is null again when it is read", () => {
  const { line } = acceptedEvent({ eventType: "page_viewed" });
  assertEquals(line.includes("null"), false);
  const { row, context } = parseLine(line);
  assertEquals([row.user_id, row.props, row.idempotency_key], [null, null, null]);
  assertEquals([context.referrer, context.place, context.ip], [null, null, "203.0.113.7"]);
});
