/** Health, reconciliation, and the gauges that read them. */

import { ENRICHMENT } from "../enrichment/consumer.ts";
import { createCheckHealth } from "../health.ts";
import type { CheckHealth } from "../http/routes/health.ts";
import { readOldestAge } from "../kv/age.ts";
import { countBuffered, readBalance } from "../kv/counter.ts";
import { DAMAGE_KINDS, observeDamage } from "../kv/damage.ts";
import { SEGMENTS } from "../kv/keys.ts";
import { countSetAside, outboxSource } from "../kv/set_aside.ts";
import { countFailing, readWaitingAge } from "../outbox/waiting.ts";
import type { Differences } from "../reconciliation/reconcile.ts";
import type { PostgresCondition } from "../store/condition.ts";
import type { Observers } from "./observers.ts";
import type { Pipeline } from "./pipeline.ts";
import type { AppParts } from "./parts.ts";
import type { Reconciling } from "./reconciliation.ts";

/** The checks on a running service. */
export interface Monitoring {
  readonly checkHealth: CheckHealth;
  readonly condition: PostgresCondition;
  /** Begins and ends the reconciliation of every minute; a flush in between makes it exact. */
  readonly requestReconciliation: () => void;
  readonly finishReconciliation: () => Promise<void>;
  /** The result of the last reconciliation, `null` before the first. */
  readonly differences: () => Differences | null;
  /** The id of KV if it seems to have been emptied or replaced, else `null`. */
  readonly suspectKv: () => string | null;
}

/** Creates the checks and registers the gauges. */
export function wireMonitoring(
  parts: AppParts,
  { metrics, condition, isRefusing }: Observers,
  { buffer, schedule }: Pipeline,
  reconciling: Reconciling,
): Monitoring {
  const { config, kv, clock, database } = parts;
  const checkHealth = createCheckHealth({
    kv,
    checkFormat: () => kv.check(),
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
  for (const kind of DAMAGE_KINDS) metrics.observeDamage(kind, 0);
  observeDamage(kv, (kind) => metrics.observeDamage(kind));
  metrics.registerGauges({
    countBuffered: () => countBuffered(kv),
    capacity: config.maxBufferedEvents,
    bufferAge: () => readOldestAge(kv, SEGMENTS, clock.now()),
    reserveBytes: parts.reserveBytes,
    enrichmentLag: () => readWaitingAge(kv, ENRICHMENT, clock.now()),
    counters: () => readBalance(kv),
    failingRecords: async () =>
      new Map([[outboxSource(ENRICHMENT), await countFailing(kv, ENRICHMENT, clock.now())]]),
    setAside: () => countSetAside(kv),
    health: checkHealth,
    differences: () => {
      const differences = reconciling.differences();
      return differences && { ...differences, kv: reconciling.suspectKv() === null ? 0 : 1 };
    },
  });
  return {
    checkHealth,
    condition,
    requestReconciliation: reconciling.request,
    finishReconciliation: reconciling.finish,
    differences: reconciling.differences,
    suspectKv: reconciling.suspectKv,
  };
}
