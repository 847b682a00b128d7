/** Captures what the service logs. */

import { configure, type LogRecord, reset } from "@logtape/logtape";

/** Captured records; disposing turns logging off. */
export interface CapturedLogs extends AsyncDisposable {
  readonly records: readonly LogRecord[];
  /** The records of a level. */
  of(level: LogRecord["level"]): LogRecord[];
}

/** Starts capturing. Logging is global to the process, so one test may capture at a time. */
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
