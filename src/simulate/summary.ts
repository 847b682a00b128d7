/** What is said at the end. */

import type { Tally } from "./tally.ts";

/** The result of a run. */
export interface Summary {
  readonly url: string;
  readonly seed: number;
  readonly seconds: number;
  readonly requests: number;
  readonly events: number;
  readonly eventsPerSecond: number;
  /** Different events that the service took: as many as should become rows. */
  readonly accepted: number;
  readonly expected: {
    readonly duplicates: number;
    readonly replays: number;
    readonly invalid: number;
  };
  /** Invalid events that were refused. */
  readonly refused: number;
  readonly turnedAway: number;
  /** Answers by status; `none` counts requests without one. */
  readonly statuses: Readonly<Record<string, number>>;
  readonly latencyMs: {
    readonly p50: number;
    readonly p95: number;
    readonly p99: number;
    readonly max: number;
  };
  readonly unexpected: number;
  /** The first few answers that were not as they should be. */
  readonly examples: readonly string[];
  readonly ok: boolean;
}

/** Closes the books. */
export function summarize(
  tally: Tally,
  run: Pick<Summary, "url" | "seed" | "seconds">,
): Summary {
  const { latency, expected } = tally;
  return {
    ...run,
    seconds: round(run.seconds, 100),
    requests: tally.requests,
    events: tally.events,
    eventsPerSecond: run.seconds > 0 ? round(tally.events / run.seconds, 10) : 0,
    accepted: tally.accepted,
    expected: {
      duplicates: expected.duplicate,
      replays: expected.replay,
      invalid: expected.invalid,
    },
    refused: tally.refused,
    turnedAway: tally.turnedAway,
    statuses: Object.fromEntries(
      [...tally.statuses].toSorted(([a], [b]) => a - b)
        .map(([status, count]) => [status === 0 ? "none" : String(status), count]),
    ),
    latencyMs: {
      p50: round(latency.percentile(0.5), 100),
      p95: round(latency.percentile(0.95), 100),
      p99: round(latency.percentile(0.99), 100),
      max: round(latency.max, 100),
    },
    unexpected: tally.unexpected,
    examples: tally.examples,
    ok: tally.unexpected === 0,
  };
}

/** The summary for people, with its verdict in colour where that is wanted. */
export function renderSummary(summary: Summary, colour: boolean): string {
  const { expected, latencyMs } = summary;
  const statuses = Object.entries(summary.statuses).map(([status, count]) => `${status}: ${count}`);
  const lines: [string, string][] = [
    ["sent", `${summary.events} events in ${summary.requests} requests, ${summary.seconds} s`],
    ["rate", `${summary.eventsPerSecond} events/s`],
    ["accepted", `${summary.accepted} different events`],
    ["duplicates", `${expected.duplicates} expected, and ${expected.replays} replays of a key`],
    ["invalid", `${expected.invalid} expected, ${summary.refused} refused`],
    ...(summary.turnedAway > 0
      ? [["turned away", `${summary.turnedAway} to be sent again later`] as [string, string]]
      : []),
    ["answers", statuses.join("  ") || "none"],
    [
      "latency",
      `p50 ${latencyMs.p50} ms  p95 ${latencyMs.p95} ms  p99 ${latencyMs.p99} ms  max ${latencyMs.max} ms`,
    ],
  ];
  const details = summary.examples.map((example) => `  - ${example}`);
  const code = summary.ok ? 32 : 31;
  const verdict = verdictOf(summary);
  return [
    ...lines.map(([name, value]) => `${name.padEnd(12)} ${value}`),
    colour ? `\x1b[${code}m${verdict}\x1b[39m` : verdict,
    ...details,
  ].join("\n");
}

function verdictOf({ ok, unexpected, events, turnedAway }: Summary): string {
  if (!ok) return `${unexpected} of ${events} events were not answered as they should be:`;
  if (events === 0) return "Nothing was sent.";
  return turnedAway > 0
    ? "Every answer is one that the service may give, but it turned events away."
    : "Every answer is as it should be.";
}

function round(value: number, by: number): number {
  return Math.round(value * by) / by;
}
