/** What is to be expected of each stress run, and a table of what was seen. */

import { checkCourse, plot } from "./flatness.ts";
import type { KillReport } from "./kill.ts";
import type { Spread } from "./open_load.ts";
import type { OverloadReport } from "./overload.ts";
import type { SoakReport } from "./soak.ts";

/** What was seen, and what of it should not be. */
export interface Verdict {
  readonly lines: readonly (readonly [name: string, what: string])[];
  readonly faults: readonly string[];
}

/** A small machine that generates the load as well. */
const MAX_GROWTH = { share: 0.15, absolute: 30 };
const MAX_RSS_MB = 1_024;
const MAX_LATENCY_MS = 30_000;
const PLOT_WIDTH = 60;
/** Of the rate that was asked for: the last requests are answered after the end. */
const MIN_RATE = 0.95;

type Claim = readonly [holds: boolean, otherwise: string];

function faultsOf(claims: readonly Claim[]): string[] {
  return claims.filter(([holds]) => !holds).map(([, otherwise]) => otherwise);
}

function show({ p50, p99, max }: Spread, unit: string): string {
  return `p50 ${p50.toFixed()} ${unit}, p99 ${p99.toFixed()} ${unit}, max ${max.toFixed()} ${unit}`;
}

/** Nothing is lost, doubled or strange, whoever was killed. */
export function checkKills(reports: readonly KillReport[]): Verdict {
  return {
    lines: reports.map((report) => [
      report.what,
      `${report.iterations} kills, ${report.duringFlush} during a flush; ${report.acknowledged} events ` +
      `acknowledged, ${report.rows} rows, ${report.enrichments} enrichments; ` +
      `${report.seconds.toFixed()} s, seed ${report.seed}`,
    ]),
    faults: reports.flatMap((report) =>
      faultsOf([
        [report.lost.length === 0, `${report.what}: ${report.lost.length} lost`],
        [report.doubled.length === 0, `${report.what}: ${report.doubled.length} doubled`],
        [report.strange.length === 0, `${report.what}: ${report.strange.length} never sent`],
        [report.enrichments === report.rows, `${report.what}: enrichments are not the rows`],
        [report.inSessions === report.rows, `${report.what}: sessions do not add up`],
      ])
    ),
  };
}

/** What is accepted is stored, what is not is told when to come back, and memory is bounded. */
export function checkOverload(report: OverloadReport): Verdict {
  const { rss, cameBack, foundSpace } = report;
  const answers = Object.entries(report.statuses).map(([status, n]) => `${status}: ${n}`);
  return {
    lines: [
      ["sustainable", `${report.sustainable.toFixed()} events/s`],
      ["offered", `${report.offered} events, of which ${report.unsent} could not be sent for`],
      ["acknowledged", `${report.acknowledged} events; clients kept ${report.givenUp} in the end`],
      ["answers", answers.join("  ")],
      ["Retry-After", show(report.retryAfter, "s")],
      ["came back", `${cameBack} times as told, ${foundSpace} times to find room`],
      ["accepted in", show(report.latency, "ms")],
      ["buffered", `${report.buffered} at the most`],
      [
        "memory",
        `${rss.before.toFixed()} MB before, ${rss.peak.toFixed()} MB at the most, ` +
        `${rss.growth.toFixed()} MB more in the second half`,
      ],
    ],
    faults: faultsOf([
      [report.lost === 0, `${report.lost} acknowledged events are no rows`],
      [report.doubled === 0, `${report.doubled} events are two rows`],
      [report.strange === 0, `${report.strange} rows were never acknowledged`],
      [report.isReconciled, "the books do not balance"],
      [report.retryAfter.max > 0, "nobody was turned away: no overload"],
      [report.withoutRetryAfter === 0, `${report.withoutRetryAfter} refusals did not say how long`],
      [(report.statuses[0] ?? 0) === 0, `${report.statuses[0]} requests were not answered`],
      [rss.peak < MAX_RSS_MB, `${rss.peak.toFixed()} MB of memory`],
      [report.latency.max < MAX_LATENCY_MS, `an answer took ${report.latency.max.toFixed()} ms`],
    ]),
  };
}

/** Nothing grows, nothing is lost, every event is one row and one enrichment. */
export function checkSoak(report: SoakReport): Verdict {
  const { samples } = report;
  const rss = checkCourse(samples.map(({ rss }) => rss), MAX_GROWTH);
  const few = { share: 0, absolute: 8 };
  const handles = checkCourse(samples.map(({ handles }) => handles), few);
  const connections = checkCourse(samples.map(({ connections }) => connections), few);
  const course = ({ early, late, max }: typeof rss, unit: string) =>
    `${early.toFixed()}${unit} in the first third, ${late.toFixed()}${unit} in the last, ` +
    `${max.toFixed()}${unit} at the most`;
  const [accepted, rows] = report.differences;
  const { clients, bulk } = report;
  const rate = report.acknowledged / report.seconds;
  const unanswered = clients.statuses[0] ?? 0;
  return {
    lines: [
      ["rate", `${rate.toFixed()} events/s for ${report.seconds.toFixed()} s`],
      ["Postgres", `${report.server}, away ${report.outages} times`],
      ["acknowledged", `${report.acknowledged} events`],
      ["rows", `${report.rows}, enrichments ${report.enrichments}`],
      ["clients", `answered in ${show(clients.latency, "ms")}`],
      [
        "in batches",
        bulk === null ? "none" : `${bulk.accepted} events, answered in p50 ` +
          `${bulk.p50Ms.toFixed()} ms, p99 ${bulk.p99Ms.toFixed()} ms after they were due`,
      ],
      ["buffered", `${Math.max(...samples.map(({ buffered }) => buffered))} at the most`],
      ["drained in", `${report.drainMs.toFixed()} ms`],
      ["memory", course(rss, " MB")],
      ["", plot(samples.map(({ rss }) => rss), PLOT_WIDTH)],
      ["handles", course(handles, "")],
      ["connections", course(connections, "")],
    ],
    faults: faultsOf([
      [report.lost === 0, `${report.lost} acknowledged events are no rows`],
      [report.doubled === 0, `${report.doubled} events are two rows`],
      [report.enrichments === report.rows, "enrichments are not the rows"],
      [accepted === 0 && rows === 0, `the books differ by ${accepted} and ${rows}`],
      [clients.unsent === 0, `${clients.unsent} events could not be sent at this rate`],
      [unanswered === 0, `${unanswered} requests were not answered`],
      [!bulk?.failures, `${bulk?.failures} batches were refused, the first: ${bulk?.failure}`],
      [rate >= report.eventsPerSecond * MIN_RATE, `only ${rate.toFixed()} events/s were sent`],
      [rss.flat, "memory grows"],
      [handles.flat, "handles grow"],
      [connections.flat, "connections grow"],
    ]),
  };
}
