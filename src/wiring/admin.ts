/** The procedures for admins. */

import { createAdmin } from "../admin/admin.ts";
import type { Admin } from "../admin/port.ts";
import type { KnownKeys } from "../api_keys/known_keys.ts";
import { ENRICHMENT } from "../enrichment/consumer.ts";
import type { OutboxRuntime } from "../outbox/outbox.ts";
import { countFailing, readWaitingAge } from "../outbox/waiting.ts";
import type { Monitoring } from "./monitoring.ts";
import type { Pipeline } from "./pipeline.ts";
import type { AppParts } from "./parts.ts";

/** The modules that the procedures read from and act on. */
export interface AdminTargets {
  readonly pipeline: Pipeline;
  readonly outbox: OutboxRuntime;
  readonly monitoring: Monitoring;
  readonly apiKeys: KnownKeys;
}

/** Creates the procedures. Their streams end when `stop` is aborted. */
export function wireAdmin(
  { config, kv, clock, newId, adminDatabase }: AppParts,
  { pipeline, outbox, monitoring, apiKeys }: AdminTargets,
  stop: AbortSignal,
): Admin {
  const { backlog, buffer, schedule, isProcessing } = pipeline;
  return createAdmin({
    kv,
    clock,
    newId,
    idempotencyTtlMs: config.idempotencyTtlSeconds * 1000,
    findClaim: (key) => buffer.findClaim(key),
    database: adminDatabase,
    isProcessing,
    checkHealth: monitoring.checkHealth,
    differences: monitoring.differences,
    suspectKv: monitoring.suspectKv,
    enableEnrichment: config.enableEnrichment,
    readEnrichment: async () => ({
      lagSeconds: await readWaitingAge(kv, ENRICHMENT, clock.now()),
      failingRecords: await countFailing(kv, ENRICHMENT, clock.now()),
    }),
    onBuffered(events) {
      backlog.add(events);
      schedule.onBuffered(backlog.size);
    },
    addEnrichmentRecords: (operation, segments) =>
      outbox.addRecords(operation, ENRICHMENT, segments),
    onEnrichmentRecords: () => outbox.requestSweep(),
    randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
    onKeysChanged: () => apiKeys.invalidate(),
    stop,
  });
}
