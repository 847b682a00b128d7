/** Enrichment, the outbox's consumer. */

import { createEnrichment, type Enrichment } from "../enrichment/mod.ts";
import { createEnrichmentSink } from "../store/enrichment_sink.ts";
import type { Observers } from "./observers.ts";
import type { AppParts } from "./parts.ts";

/** Creates enrichment. It begins no work once `stop` is aborted. */
export function wireEnrichment(
  parts: AppParts,
  { metrics }: Observers,
  stop: AbortSignal,
): Enrichment {
  const { config, kv, clock, newId, database, enrichers } = parts;
  return createEnrichment({
    kv,
    clock,
    newId,
    enrichers,
    sink: createEnrichmentSink(database, config.entityTables),
    enabled: config.enableEnrichment,
    kvQueues: config.kvQueues,
    observe: metrics.observeEnricher,
    onBatch: metrics.observeEnrichment,
    stop,
  });
}
