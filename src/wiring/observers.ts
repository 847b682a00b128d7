/** The observers of outcomes and flushes; they depend on none of the modules that they observe. */

import { ActivityLog } from "../admin/activity_log.ts";
import { Heartbeat } from "../admin/heartbeat.ts";
import type { TokenRefusal } from "../events/identification.ts";
import type { Outcome } from "../events/outcome.ts";
import { createUrlFilter } from "../events/url_filter.ts";
import type { FlushReport } from "../flush/types.ts";
import { createMetrics, type Metrics } from "../metrics/metrics.ts";
import { Ledger } from "../reconciliation/ledger.ts";
import { PostgresCondition } from "../store/condition.ts";
import { VERSION } from "../version.ts";
import type { AppParts } from "./parts.ts";

/** The observers of a process. */
export interface Observers {
  readonly metrics: Metrics;
  readonly condition: PostgresCondition;
  readonly heartbeat: Heartbeat;
  readonly onOutcome: (raw: unknown, outcome: Outcome, refusal?: TokenRefusal) => void;
  readonly onFlushed: (report: FlushReport) => void;
  /** Whether the last event that was to be written to KV could not be, a moment ago. */
  readonly isRefusing: () => boolean;
  /** Writes the counts of events that were not accepted. */
  readonly writeLedger: () => Promise<void>;
  /** Writes the activity that the dashboard shows. */
  readonly writeActivity: () => Promise<void>;
}

/** A process that gets no events because it is not ready has to be tried again. */
const REFUSING_MS = 10_000;

/** Creates the observers. */
export function wireObservers(parts: AppParts): Observers {
  const { kv, clock, newId, adminDatabase: database } = parts;
  const metrics = createMetrics();
  const ledger = new Ledger({ kv, clock });
  const urls = createUrlFilter(parts.config.keepQueryParams);
  const activity = new ActivityLog({ kv, database, clock, newId, urls });
  const heartbeat = new Heartbeat({
    kv,
    clock,
    newId,
    name: parts.processName ?? "a process",
    version: VERSION,
    whileIdle: !parts.config.onDeploy,
  });
  let refusedAt = -Infinity;
  return {
    metrics,
    condition: new PostgresCondition(clock),
    heartbeat,
    onOutcome(raw, outcome, refusal) {
      if (outcome.kind === "accepted") {
        refusedAt = -Infinity;
        heartbeat.countEvent();
      } else if (outcome.kind === "unavailable") refusedAt = clock.monotonic();
      metrics.observeOutcome(outcome);
      activity.recordOutcome(raw, outcome, refusal);
      ledger.add(outcome.kind);
    },
    onFlushed(report) {
      metrics.observeFlush(report);
      activity.recordFlush(report);
      if (report.events > 0) heartbeat.noteFlush();
    },
    isRefusing: () => clock.monotonic() - refusedAt < REFUSING_MS,
    writeLedger: () => ledger.write(),
    writeActivity: () => activity.write(),
  };
}
