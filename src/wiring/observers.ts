/** Everything that is notified of events, flushes and batches; it needs none of the modules it observes. */

import { ActivityLog } from "../admin/activity_log.ts";
import type { Outcome } from "../events/outcome.ts";
import type { FlushReport } from "../flush/types.ts";
import { createMetrics, type Metrics } from "../metrics/metrics.ts";
import { Ledger } from "../reconciliation/ledger.ts";
import type { AppParts } from "./parts.ts";

/** The observers of a process. */
export interface Observers {
  readonly metrics: Metrics;
  readonly onOutcome: (raw: unknown, outcome: Outcome) => void;
  readonly onFlushed: (report: FlushReport) => void;
  /** Writes the counts of events that no commit counts. */
  readonly writeLedger: () => Promise<void>;
  /** Writes what the dashboard shows. */
  readonly writeActivity: () => Promise<void>;
}

/** Creates the observers. */
export function wireObservers(parts: AppParts): Observers {
  const { kv, clock, newId, adminDatabase: database } = parts;
  const metrics = createMetrics();
  const ledger = new Ledger({ kv, clock });
  const activity = new ActivityLog({ kv, database, clock, newId });
  return {
    metrics,
    onOutcome(raw, outcome) {
      metrics.observeOutcome(outcome);
      activity.recordOutcome(raw, outcome);
      ledger.add(outcome.kind);
    },
    onFlushed(report) {
      metrics.observeFlush(report);
      activity.recordFlush(report);
    },
    writeLedger: () => ledger.write(),
    writeActivity: () => activity.write(),
  };
}
