/** The outbox and its consumers. */

import { createEnrichment } from "../enrichment/consumer.ts";
import { reduceContext } from "../enrichment/reduce_context.ts";
import { createKeepCopies } from "../outbox/kept_copies.ts";
import { createOutbox, type OutboxRuntime } from "../outbox/outbox.ts";
import { createEnrichmentSink } from "../store/enrichment_sink.ts";
import type { Observers } from "./observers.ts";
import type { AppParts } from "./parts.ts";

/** Creates the outbox with all its consumers. It begins no work once `stop` is aborted. */
export function wireOutbox(
  parts: AppParts,
  { metrics, condition }: Observers,
  stop: AbortSignal,
): OutboxRuntime {
  const { config, kv, clock, newId, database, enrichers } = parts;
  const enrichment = createEnrichment({
    enrichers,
    sink: createEnrichmentSink(database, config.entityTables, condition),
    observe: metrics.observeEnricher,
    onBatch: metrics.observeEnrichment,
  });
  const keepCopies = createKeepCopies({
    keepMs: config.keepFlushedSeconds * 1000,
    isDiskFull: parts.isDiskFull ?? (() => false),
    newId,
    reduceContext,
  });
  return createOutbox({
    kv,
    clock,
    newId,
    kvQueues: config.kvQueues,
    consumers: [{ consumer: enrichment, enabled: config.enableEnrichment, keepCopies }],
    stop,
  });
}
