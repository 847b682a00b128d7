/** Health, reconciliation, and the gauges that read them. */

import { ENRICHMENT } from "../enrichment/consumer.ts";
import { createCheckHealth } from "../health.ts";
import type { CheckHealth } from "../http/routes/health.ts";
import { readOldestAge } from "../kv/age.ts";
import { countBuffered, readBalance } from "../kv/counter.ts";
import { outboxPrefix, SEGMENTS } from "../kv/keys.ts";
import { countSetAside } from "../kv/set_aside.ts";
import { createReconcile, type Differences } from "../reconciliation/reconcile.ts";
import type { PostgresCondition } from "../store/condition.ts";
import { countRows } from "../store/count_rows.ts";
import type { Observers } from "./observers.ts";
import type { Pipeline } from "./pipeline.ts";
import type { AppParts } from "./parts.ts";

/** The checks on a running service. */
export interface Monitoring {
  readonly checkHealth: CheckHealth;
  readonly condition: PostgresCondition;
  /** Reconciles the counters with Postgres. A failure keeps the previous result. */
  readonly reconcile: () => Promise<void>;
  /** The result of the last reconciliation, `null` before the first. */
  readonly differences: () => Differences | null;
}

/** Creates the checks and registers the gauges. */
export function wireMonitoring(
  parts: AppParts,
  { metrics, condition, isRefusing }: Observers,
  { buffer, schedule, isProcessing }: Pipeline,
): Monitoring {
  const { config, kv, clock, database } = parts;
  let last: Differences | null = null;
  const checkHealth = createCheckHealth({
    kv,
    database,
    clock,
    isOpening: () => buffer.isOpening,
    isDiskFull: parts.isDiskFull ?? (() => false),
    condition,
    isRefusing,
    flushFailures: () => schedule.failures,
    enableEnrichment: config.enableEnrichment,
    standstillMs: config.standstillSeconds * 1000,
    maxEnrichmentLagMs: config.maxEnrichmentLagSeconds * 1000,
  });
  const reconcile = createReconcile({
    kv,
    countRows: () => database.run(countRows),
    isFlushing: isProcessing,
  });
  metrics.registerGauges({
    countBuffered: () => countBuffered(kv),
    capacity: config.maxBufferedEvents,
    bufferAge: () => readOldestAge(kv, SEGMENTS, clock.now()),
    enrichmentLag: () => readOldestAge(kv, outboxPrefix(ENRICHMENT), clock.now()),
    counters: () => readBalance(kv),
    setAside: () => countSetAside(kv),
    health: checkHealth,
    differences: () => last,
  });
  return {
    checkHealth,
    condition,
    async reconcile() {
      await reconcile().then(({ differences }) => last = differences, () => {});
    },
    differences: () => last,
  };
}
