/**
 * Runs the enrichers over stored events. Each is named and timed, and one that fails does not affect
 * the others.
 */

import { getLogger } from "@logtape/logtape";
import type { Enriched, EnrichedFacts, EnricherInput } from "../events/enrichment.ts";
import type { RequestContext } from "../events/types.ts";

/** Finds some of the facts about an event. */
export interface Enricher<Facts extends Partial<EnrichedFacts> = Partial<EnrichedFacts>> {
  /** The name in logs and metrics. */
  readonly name: string;
  readonly read: (input: EnricherInput) => Facts;
  /** The facts of an event for which `read` fails. */
  readonly fallback: Facts;
  /** Whether `read` reads the context alone: then it is called once for the events of a request. */
  readonly readsContext?: true;
}

/** Called with each enricher's work on a batch. */
export type ObserveEnricher = (name: string, seconds: number, failures: number) => void;

const logger = getLogger(["sluice", "enrichment"]);

/** Runs every enricher over every event; returns the events with their facts, in order. */
export function runEnrichers(
  inputs: readonly EnricherInput[],
  enrichers: readonly Enricher[],
  observe: ObserveEnricher,
): Enriched[] {
  // Objects with all keys from the start, as one that grows with each enricher is reallocated five
  // times. An enricher that fails leaves its fallback.
  const unknown = Object.assign({}, ...enrichers.map(({ fallback }) => fallback));
  const facts: Partial<EnrichedFacts>[] = inputs.map(() => ({ ...unknown }));
  for (const { name, ...enricher } of enrichers) {
    const read = enricher.readsContext ? oncePerContext(enricher.read) : enricher.read;
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

function oncePerContext(read: Enricher["read"]): Enricher["read"] {
  const known = new Map<RequestContext, Partial<EnrichedFacts>>();
  return (input) => {
    const facts = known.get(input.context) ?? read(input);
    known.set(input.context, facts);
    return facts;
  };
}
