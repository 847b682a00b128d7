/** Structured logs on standard error: pretty in a terminal, JSON lines elsewhere. */

import {
  configure,
  dispose,
  getAnsiColorFormatter,
  getJsonLinesFormatter,
  getStreamSink,
} from "@logtape/logtape";
import type { Config } from "./config.ts";

// What a client sent must not move a terminal's cursor.
// deno-lint-ignore no-control-regex
const CONTROL = /[\x00-\x1f\x7f-\x9f]/;

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
        typeof value === "string" && !CONTROL.test(value) ? value : inspect(value),
    })
    : getJsonLinesFormatter({ message: "template" });
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
