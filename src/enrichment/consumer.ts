/** Enriches the events of outbox records. */

import type { EnricherInput, EnrichmentSink } from "../events/enrichment.ts";
import { parseContext, parseRow, readContextJson, readRowJson } from "../events/line.ts";
import type { RequestContext } from "../events/types.ts";
import type { OutboxConsumer, OutboxRecord } from "../outbox/consumer.ts";
import { type Enricher, type ObserveEnricher, runEnrichers } from "./enrich.ts";

/** The kind of outbox records that wait for enrichment. */
export const ENRICHMENT = "enrichment";

/** Options of `createEnrichment`. */
export interface EnrichmentOptions extends Pick<OutboxConsumer, "onBatch"> {
  readonly sink: EnrichmentSink;
  readonly enrichers: readonly Enricher[];
  readonly observe: ObserveEnricher;
}

/** Creates the outbox consumer that runs the enrichers and writes their facts. */
export function createEnrichment(options: EnrichmentOptions): OutboxConsumer {
  const { sink, enrichers, observe, onBatch } = options;
  return {
    kind: ENRICHMENT,
    span: "enrich",
    needsContext: true,
    process: (records) => sink.write(runEnrichers(readEvents(records), enrichers, observe)),
    canProcess: () => sink.canWrite(),
    ...(onBatch === undefined ? {} : { onBatch }),
  };
}

/** Parses the lines of records. Events with the same context share one object, parsed once. */
function readEvents(records: readonly OutboxRecord[]): EnricherInput[] {
  const contexts = new Map<string, RequestContext>();
  return records.flatMap(({ lines }) =>
    lines.map((line) => {
      const json = readContextJson(line);
      const context = contexts.get(json) ?? parseContext(json);
      contexts.set(json, context);
      return { row: parseRow(readRowJson(line)), context };
    })
  );
}
