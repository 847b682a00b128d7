/** Structured logs on standard error: pretty in a terminal and in `dev`, JSON lines elsewhere. */

import {
  configure,
  dispose,
  getAnsiColorFormatter,
  getJsonLinesFormatter,
  getStreamSink,
  getTextFormatter,
  type LogRecord,
} from "@logtape/logtape";
import type { Config } from "./config.ts";

// Text from clients must not start a line or reverse its direction, …
const INVISIBLE = /[\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;
// … or move a terminal's cursor.
// deno-lint-ignore no-control-regex
const CONTROL = /[\x00-\x1f\x7f-\x9f]/g;

function escapeUnit(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

function sanitize(text: string): string {
  return text.replace(CONTROL, escapeUnit).replace(INVISIBLE, escapeUnit);
}

/** Indents errors, whose messages may contain text from clients, so that no line looks like a record. */
function indentLines(text: string): string {
  return text.split("\n").map(sanitize).join("\n    ");
}

const asJson = getJsonLinesFormatter();

/**
 * Formats a record as one line of JSON, with its message whole and its values beside it. JSON escapes
 * control characters already.
 */
export function formatJsonLine(record: LogRecord): string {
  const message = [record.message.map((part, i) => i % 2 ? renderValue(part) : part).join("")];
  return asJson({ ...record, message }).replace(INVISIBLE, escapeUnit);
}

/** The values of a message are at odd places. */
function renderValue(value: unknown): string {
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (typeof value !== "object" || value === null) return String(value);
  try {
    return JSON.stringify(value) ?? "";
  } catch {
    return String(value); // circular
  }
}

/** Configures logging, once per process. */
export async function configureLogging(
  config: Pick<Config, "logLevel" | "logFormat">,
): Promise<void> {
  const format = config.logFormat ?? (Deno.stderr.isTerminal() ? "pretty" : "json");
  const isColored = Deno.stderr.isTerminal() && !Deno.noColor;
  const formatter = format === "pretty"
    ? (isColored ? getAnsiColorFormatter : getTextFormatter)({
      timestamp: "time",
      category: (parts) => parts.join("."),
      value: (value, inspect) =>
        typeof value === "string" ? sanitize(value) : indentLines(inspect(value)),
    })
    : formatJsonLine;
  await configure({
    reset: true,
    sinks: { stderr: getStreamSink(Deno.stderr.writable, { formatter }) },
    loggers: [
      { category: ["sluice"], lowestLevel: config.logLevel, sinks: ["stderr"] },
      { category: ["logtape", "meta"], lowestLevel: "warning", sinks: ["stderr"] },
    ],
  });
}

/** Writes all pending records. */
export const flushLogs: () => Promise<void> = dispose;
