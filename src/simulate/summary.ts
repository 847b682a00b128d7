/** The summary of a run, as data and as text. */

import type { RunStats } from "./run_stats.ts";

/** The result of a run. */
export interface Summary {
  readonly url: string;
  readonly seed: number;
  readonly seconds: number;
  readonly requests: number;
  readonly events: number;
  readonly eventsPerSecond: number;
  /** Distinct events that the service accepted, which is how many rows there should be. */
  readonly accepted: number;
  readonly expected: {
    readonly duplicates: number;
    readonly replays: number;
    readonly invalid: number;
  };
  /** Invalid events that were rejected. */
  readonly rejected: number;
  /** Events that the service asked to send again. */
  readonly notStored: number;
  /** Responses by status; `none` counts requests without a response. */
  readonly statuses: Readonly<Record<string, number>>;
  readonly latencyMs: {
    readonly p50: number;
    readonly p95: number;
    readonly p99: number;
    readonly max: number;
  };
  /** Events whose result was not the expected one, or that got no response. */
  readonly mismatches: number;
  /** The first few distinct mismatches. */
  readonly examples: readonly string[];
  /** Whether there are no mismatches. */
  readonly ok: boolean;
}

/** Sums up a run. */
export function summarize(
  stats: RunStats,
  run: Pick<Summary, "url" | "seed" | "seconds">,
): Summary {
  const { latency, expected } = stats;
  return {
    ...run,
    seconds: round(run.seconds, 100),
    requests: stats.requests,
    events: stats.events,
    eventsPerSecond: run.seconds > 0 ? round(stats.events / run.seconds, 10) : 0,
    accepted: stats.accepted,
    expected: {
      duplicates: expected.duplicate,
      replays: expected.replay,
      invalid: expected.invalid,
    },
    rejected: stats.rejected,
    notStored: stats.notStored,
    statuses: Object.fromEntries(
      [...stats.statuses].toSorted(([a], [b]) => a - b)
        .map(([status, count]) => [status === 0 ? "none" : String(status), count]),
    ),
    latencyMs: {
      p50: round(latency.percentile(0.5), 100),
      p95: round(latency.percentile(0.95), 100),
      p99: round(latency.percentile(0.99), 100),
      max: round(latency.max, 100),
    },
    mismatches: stats.mismatches,
    examples: stats.examples,
    ok: stats.mismatches === 0,
  };
}

/** Renders the summary as text, optionally with its conclusion in colour. */
export function renderSummary(summary: Summary, colour: boolean): string {
  const { expected, latencyMs } = summary;
  const statuses = Object.entries(summary.statuses).map(([status, count]) => `${status}: ${count}`);
  const lines: [string, string][] = [
    ["sent", `${summary.events} events in ${summary.requests} requests, ${summary.seconds} s`],
    ["rate", `${summary.eventsPerSecond} events/s`],
    ["accepted", `${summary.accepted} distinct events`],
    ["duplicates", `${expected.duplicates} by fingerprint, ${expected.replays} by idempotency key`],
    ["invalid", `${expected.invalid} sent, ${summary.rejected} rejected`],
    ...(summary.notStored > 0
      ? [["not stored", `${summary.notStored}, to be sent again`] as [string, string]]
      : []),
    ["responses", statuses.join("  ") || "none"],
    [
      "latency",
      `p50 ${latencyMs.p50} ms  p95 ${latencyMs.p95} ms  p99 ${latencyMs.p99} ms  max ${latencyMs.max} ms`,
    ],
  ];
  const details = summary.examples.map((example) => `  - ${example}`);
  const code = summary.ok ? 32 : 31;
  const conclusion = concludeRun(summary);
  return [
    ...lines.map(([name, value]) => `${name.padEnd(12)} ${value}`),
    colour ? `\x1b[${code}m${conclusion}\x1b[39m` : conclusion,
    ...details,
  ].join("\n");
}

function concludeRun({ ok, mismatches, events, notStored }: Summary): string {
  if (!ok) return `${mismatches} of ${events} events got an unexpected response:`;
  if (events === 0) return "Nothing was sent.";
  return notStored > 0
    ? "All responses were valid, but some events were not stored and have to be sent again."
    : "All responses were as expected.";
}

function round(value: number, by: number): number {
  return Math.round(value * by) / by;
}
