/** Structured logs on standard error: pretty in a terminal, JSON lines elsewhere. */

import {
  configure,
  dispose,
  getAnsiColorFormatter,
  getJsonLinesFormatter,
  getStreamSink,
  type LogRecord,
} from "@logtape/logtape";
import type { Config } from "./config.ts";

// What a client sent must not begin a line nor turn it round, …
const UNSEEN = /[\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;
// … nor move a terminal's cursor.
// deno-lint-ignore no-control-regex
const CONTROL = /[\x00-\x1f\x7f-\x9f]/g;

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

function harmless(text: string): string {
  return text.replace(CONTROL, escaped).replace(UNSEEN, escaped);
}

/** An error's message may hold what a client sent: none of its lines begins where a record does. */
function indented(text: string): string {
  return text.split("\n").map(harmless).join("\n    ");
}

const asJson = getJsonLinesFormatter({ message: "template" });

/** It escapes control characters by itself. */
function jsonLines(record: LogRecord): string {
  return asJson(record).replace(UNSEEN, escaped);
}

/** Sets logging up, once a process. */
export async function configureLogging(
  config: Pick<Config, "logLevel" | "logFormat">,
): Promise<void> {
  const format = config.logFormat ?? (Deno.stderr.isTerminal() ? "pretty" : "json");
  const formatter = format === "pretty"
    ? getAnsiColorFormatter({
      timestamp: "time",
      category: (parts) => parts.join("."),
      value: (value, inspect) =>
        typeof value === "string" ? harmless(value) : indented(inspect(value)),
    })
    : jsonLines;
  await configure({
    reset: true,
    sinks: { stderr: getStreamSink(Deno.stderr.writable, { formatter }) },
    loggers: [
      { category: ["sluice"], lowestLevel: config.logLevel, sinks: ["stderr"] },
      { category: ["logtape", "meta"], lowestLevel: "warning", sinks: ["stderr"] },
    ],
  });
}

/** Writes out what is still to be written. */
export const flushLogs: () => Promise<void> = dispose;
