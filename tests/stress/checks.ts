/** Checks the report of each stress run and lists its measurements. */

import { checkTrend, plot } from "./trend.ts";
import type { KillReport } from "./kill.ts";
import type { Percentiles } from "./open_load.ts";
import type { OverloadReport } from "./overload.ts";
import type { RollingReport } from "./rolling.ts";
import type { SoakReport } from "./soak.ts";

/** The measurements of a run, and the checks that failed. */
export interface CheckResult {
  readonly lines: readonly (readonly [name: string, text: string])[];
  readonly failures: readonly string[];
}

/** Tolerances for a small machine that also generates the load. */
const MAX_GROWTH = { share: 0.15, absolute: 30 };
const MAX_RSS_MB = 1_024;
const MAX_LATENCY_MS = 30_000;
const PLOT_WIDTH = 60;
/** Share of the requested rate: the last requests are answered after the end. */
const MIN_RATE = 0.95;

type Check = readonly [holds: boolean, failure: string];

function failuresOf(checks: readonly Check[]): string[] {
  return checks.filter(([holds]) => !holds).map(([, failure]) => failure);
}

function show({ p50, p99, max }: Percentiles, unit: string): string {
  return `p50 ${p50.toFixed()} ${unit}, p99 ${p99.toFixed()} ${unit}, max ${max.toFixed()} ${unit}`;
}

/** Checks that every acknowledged event is stored and enriched once, and nothing else is. */
export function checkKills(reports: readonly KillReport[]): CheckResult {
  return {
    lines: reports.map((report) => [
      report.victim,
      `${report.iterations} kills, ${report.duringFlush} during a flush; ${report.acknowledged} events ` +
      `acknowledged, ${report.rows} rows, ${report.enrichments} enrichments; ` +
      `${report.refused} responses refused; ` +
      `${report.seconds.toFixed()} s, seed ${report.seed}`,
    ]),
    failures: reports.flatMap((report) =>
      failuresOf([
        [report.lost.length === 0, `${report.victim}: ${report.lost.length} lost`],
        [
          report.duplicated.length === 0,
          `${report.victim}: ${report.duplicated.length} duplicated`,
        ],
        [
          report.unexpected.length === 0,
          `${report.victim}: ${report.unexpected.length} rows of events never sent`,
        ],
        [
          report.enrichments === report.rows,
          `${report.victim}: ${report.enrichments} enrichments for ${report.rows} rows`,
        ],
        [
          report.inSessions === report.sessionRows,
          `${report.victim}: sessions count ${report.inSessions} events, not ${report.sessionRows}`,
        ],
      ])
    ),
  };
}

/** Checks that accepted events are stored, refusals have a `Retry-After`, and memory is bounded. */
export function checkOverload(report: OverloadReport): CheckResult {
  const { rss, retried, retriesAccepted } = report;
  const statuses = Object.entries(report.statuses).map(([status, n]) => `${status}: ${n}`);
  return {
    lines: [
      ["sustainable", `${report.sustainable.toFixed()} events/s`],
      [
        "offered",
        `${report.offered} events, ${report.unsent} of them not sent for lack of connections`,
      ],
      ["acknowledged", `${report.acknowledged} events; clients gave up on ${report.abandoned}`],
      ["responses", statuses.join("  ")],
      ["Retry-After", show(report.retryAfter, "s")],
      ["retries", `${retried} after Retry-After, ${retriesAccepted} of them accepted`],
      ["accepted in", show(report.latency, "ms")],
      ["buffered", `${report.buffered} at most`],
      [
        "memory",
        `${rss.before.toFixed()} MB before, ${rss.peak.toFixed()} MB at most, ` +
        `${rss.growth.toFixed()} MB more in the second half`,
      ],
    ],
    failures: failuresOf([
      [report.lost === 0, `${report.lost} acknowledged events have no row`],
      [report.duplicated === 0, `${report.duplicated} events have more than one row`],
      [report.unexpected === 0, `${report.unexpected} rows were never acknowledged`],
      [report.isReconciled, "the counters do not reconcile"],
      [report.retryAfter.max > 0, "no request was refused: this was no overload"],
      [report.withoutRetryAfter === 0, `${report.withoutRetryAfter} refusals had no Retry-After`],
      [(report.statuses[0] ?? 0) === 0, `${report.statuses[0]} requests were not answered`],
      [rss.peak < MAX_RSS_MB, `memory peaked at ${rss.peak.toFixed()} MB`],
      [report.latency.max < MAX_LATENCY_MS, `a response took ${report.latency.max.toFixed()} ms`],
    ]),
  };
}

/** Checks that nothing grows, and that every event is one row and one enrichment. */
export function checkSoak(report: SoakReport): CheckResult {
  const { samples } = report;
  const rss = checkTrend(samples.map(({ rss }) => rss), MAX_GROWTH);
  const few = { share: 0, absolute: 8 };
  const handles = checkTrend(samples.map(({ handles }) => handles), few);
  const connections = checkTrend(samples.map(({ connections }) => connections), few);
  const describe = ({ early, late, max }: typeof rss, unit: string) =>
    `${early.toFixed()}${unit} in the first third, ${late.toFixed()}${unit} in the last, ` +
    `${max.toFixed()}${unit} at most`;
  const [accepted, rows] = report.differences;
  const { clients, bulk } = report;
  const rate = report.acknowledged / report.seconds;
  const unanswered = clients.statuses[0] ?? 0;
  return {
    lines: [
      ["rate", `${rate.toFixed()} events/s for ${report.seconds.toFixed()} s`],
      ["Postgres", `${report.server}, ${report.outages} outages`],
      ["acknowledged", `${report.acknowledged} events`],
      ["rows", `${report.rows}, enrichments ${report.enrichments}`],
      ["clients", `answered in ${show(clients.latency, "ms")}`],
      [
        "in batches",
        bulk === null ? "none" : `${bulk.accepted} events, answered in p50 ` +
          `${bulk.p50Ms.toFixed()} ms, p99 ${bulk.p99Ms.toFixed()} ms after they were due`,
      ],
      ["buffered", `${Math.max(...samples.map(({ buffered }) => buffered))} at most`],
      ["drained in", `${report.drainMs.toFixed()} ms`],
      ["memory", describe(rss, " MB")],
      ["", plot(samples.map(({ rss }) => rss), PLOT_WIDTH)],
      ["handles", describe(handles, "")],
      ["connections", describe(connections, "")],
    ],
    failures: failuresOf([
      [report.lost === 0, `${report.lost} acknowledged events have no row`],
      [report.duplicated === 0, `${report.duplicated} events have more than one row`],
      [
        report.enrichments === report.rows,
        `${report.enrichments} enrichments for ${report.rows} rows`,
      ],
      [
        accepted === 0 && rows === 0,
        `the counters differ by ${accepted} (accepted) and ${rows} (rows)`,
      ],
      [clients.unsent === 0, `${clients.unsent} events were not sent for lack of connections`],
      [unanswered === 0, `${unanswered} requests were not answered`],
      [!bulk?.failures, `${bulk?.failures} batches were refused, the first: ${bulk?.failure}`],
      [
        rate >= report.eventsPerSecond * MIN_RATE,
        `only ${rate.toFixed()} events/s were acknowledged`,
      ],
      [rss.flat, "memory grows"],
      [handles.flat, "handles grow"],
      [connections.flat, "connections grow"],
    ]),
  };
}

/**
 * Checks that every acknowledged event is stored once and, unless processes were killed, that no client
 * noticed a restart.
 */
export function checkRolling(report: RollingReport): CheckResult {
  const { clients, ending, endings } = report;
  const statuses = Object.entries(clients.statuses).map(([status, n]) => `${status}: ${n}`);
  const requests = sum(Object.values(clients.statuses));
  const failed = requests - (clients.statuses[200] ?? 0);
  const badEndings = endings.filter((how) => how !== "0");
  const isKill = ending === "SIGKILL";
  const [accepted, rows] = report.differences;
  return {
    lines: [
      ["restarts", `${report.restarts} by ${ending} in ${report.seconds.toFixed()} s`],
      ["requests", `${requests}, ${(requests / report.seconds).toFixed()} a second`],
      ["responses", statuses.join("  ")],
      ["accepted in", show(clients.latency, "ms")],
      ["acknowledged", `${report.acknowledged} events`],
      ["rows", `${report.rows}, enrichments ${report.enrichments}`],
    ],
    failures: failuresOf([
      [report.acknowledged > 0, "no event was acknowledged"],
      [isKill || failed === 0, `${failed} requests failed: ${statuses.join("  ")}`],
      [isKill || badEndings.length === 0, `processes ended with ${badEndings.join(", ")}`],
      [
        isKill || clients.unsent === 0,
        `${clients.unsent} events were not sent for lack of connections`,
      ],
      [report.lost === 0, `${report.lost} acknowledged events have no row`],
      [report.duplicated === 0, `${report.duplicated} events have more than one row`],
      [
        report.acknowledged === report.rows,
        `${report.acknowledged} events were acknowledged, but there are ${report.rows} rows`,
      ],
      [
        report.enrichments === report.rows,
        `${report.enrichments} enrichments for ${report.rows} rows`,
      ],
      [
        accepted === 0 && rows === 0,
        `the counters differ by ${accepted} (accepted) and ${rows} (rows)`,
      ],
    ]),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
