/**
 * From stored events and the contexts of their requests to what is known of them: a list of named
 * enrichers, each timed and each failing alone.
 */

import { getLogger } from "@logtape/logtape";
import type { Enriched, EnrichedFacts, EnricherInput } from "../events/enrichment.ts";

/** One enricher: a name, what it finds out, and what stands there when it fails. */
export interface Enricher<Facts extends Partial<EnrichedFacts> = Partial<EnrichedFacts>> {
  readonly name: string;
  readonly read: (input: EnricherInput) => Facts;
  /** The facts of an event of which nothing is known. */
  readonly nothing: Facts;
}

/** Told of each enricher's work on a batch. */
export type ObserveEnricher = (name: string, seconds: number, failures: number) => void;

const logger = getLogger(["sluice", "enrichment"]);

/** Runs every enricher over events. */
export function runEnrichers(
  inputs: readonly EnricherInput[],
  enrichers: readonly Enricher[],
  observe: ObserveEnricher,
): Enriched[] {
  // All of one shape from the start: an object that grows by each enricher is made anew five times. Who
  // fails leaves what is known of nothing.
  const unknown = Object.assign({}, ...enrichers.map(({ nothing }) => nothing));
  const facts: Partial<EnrichedFacts>[] = inputs.map(() => ({ ...unknown }));
  for (const { name, read } of enrichers) {
    const startedAt = performance.now();
    let failures = 0;
    inputs.forEach((input, i) => {
      try {
        Object.assign(facts[i] ?? {}, read(input));
      } catch (error) {
        failures += 1;
        logger.warn("The enricher {name} failed: {error}", { name, error, eventId: input.row.id });
      }
    });
    observe(name, (performance.now() - startedAt) / 1000, failures);
  }
  return inputs.map(({ row, context }, i) => ({ row, context, facts: facts[i] as EnrichedFacts }));
}
