import type { LogRecord } from "@logtape/logtape";
import { formatJsonLine } from "../src/logging.ts";
import { assertEquals, assertMatch, assertNotMatch } from "./support/assert.ts";

function record(message: readonly unknown[], properties: Record<string, unknown>): LogRecord {
  return {
    category: ["sluice", "store"],
    level: "info",
    timestamp: Date.UTC(2026, 1, 3),
    message,
    rawMessage: "",
    properties,
  };
}

function messageOf(...message: readonly unknown[]): string {
  return JSON.parse(formatJsonLine(record(message, {}))).message;
}

Deno.test("12.2 a line of JSON has its message whole, and the values beside it", () => {
  const line = formatJsonLine(
    record(["Listening on http://", "localhost", ":", 3000, ""], { host: "localhost", port: 3000 }),
  );
  assertEquals(JSON.parse(line), {
    "@timestamp": "2026-02-03T00:00:00.000Z",
    level: "INFO",
    message: "Listening on http://localhost:3000",
    logger: "sluice.store",
    properties: { host: "localhost", port: 3000 },
  });
  assertMatch(line, /\}\n$/);
});

Deno.test("values of every kind are text in a message", () => {
  const circular: Record<string, unknown> = {};
  circular.self = circular;
  assertEquals(messageOf("Failed: ", new TypeError("no"), "."), "Failed: TypeError: no.");
  assertEquals(messageOf("Applied ", ["0001_init.sql"], ""), 'Applied ["0001_init.sql"]');
  assertEquals(messageOf("", null, " ", undefined, " ", 7n, " ", true), "null undefined 7 true");
  assertEquals(messageOf("It is ", circular, ""), "It is [object Object]");
});

Deno.test("12.2 text from clients stays within its line", () => {
  const line = formatJsonLine(
    record(["Got ", 'a\r\n{"level":"ERROR"}\u2028\u202e\x1b[2J', ""], {}),
  );
  assertEquals(line.trimEnd().split("\n").length, 1);
  // deno-lint-ignore no-control-regex
  assertNotMatch(line.trimEnd(), /[\x00-\x1f\u2028\u202e]/);
});
