/** What the service logs, kept for a test to look at. */

import { configure, type LogRecord, reset } from "@logtape/logtape";

/** Records since it was opened; disposing switches logging off again. */
export interface CapturedLogs extends AsyncDisposable {
  readonly records: readonly LogRecord[];
  /** The records of a level. */
  of(level: LogRecord["level"]): LogRecord[];
}

/** Keeps every record instead of writing it. Logging belongs to the process: one at a time. */
export async function captureLogs(): Promise<CapturedLogs> {
  const records: LogRecord[] = [];
  await configure({
    reset: true,
    sinks: { memory: (record) => records.push(record) },
    loggers: [
      { category: ["sluice"], lowestLevel: "trace", sinks: ["memory"] },
      { category: ["logtape", "meta"], lowestLevel: "fatal", sinks: ["memory"] },
    ],
  });
  return {
    records,
    of: (level) => records.filter((record) => record.level === level),
    [Symbol.asyncDispose]: reset,
  };
}
