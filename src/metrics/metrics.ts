/** What the service counts, in Prometheus' text format. */

import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Outcome } from "../events/outcome.ts";

/** What a flush did, as far as it is counted. */
export interface FlushCounts {
  readonly trigger: string;
  readonly result: string;
  readonly stored: number;
  readonly deadLetters: number;
  readonly replays: number;
  readonly ms: number;
}

/** The counters of a process. */
export interface Metrics {
  readonly observeOutcome: (outcome: Outcome) => void;
  readonly observeFlush: (counts: FlushCounts) => void;
  readonly observeEnricher: (name: string, seconds: number, failures: number) => void;
  /** Notes events that were enriched, those that were enriched before included. */
  readonly observeEnriched: (events: number) => void;
  readonly render: () => Promise<string>;
}

/** What is asked when metrics are read. */
export interface MetricsOptions {
  readonly countBuffered: () => Promise<number>;
  /** What the books lack, by equation; `null` before they were checked. */
  readonly differences: () => { readonly [equation: string]: number | null } | null;
}

/** Makes metrics. */
export function createMetrics({ countBuffered, differences }: MetricsOptions): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const accepted = new Counter({
    name: "sluice_events_accepted_total",
    help: "Events made durable in the buffer.",
    registers,
  });
  const duplicates = new Counter({
    name: "sluice_events_duplicate_total",
    help: "Events not stored as they were seen before, by what told so.",
    labelNames: ["by"],
    registers,
  });
  const rejected = new Counter({
    name: "sluice_events_rejected_total",
    help: "Events not stored, by reason.",
    labelNames: ["reason"],
    registers,
  });
  new Gauge({
    name: "sluice_events_buffered",
    help: "Events in the buffer, across all processes.",
    registers,
    async collect() {
      this.set(await countBuffered().catch(() => NaN));
    },
  });
  new Gauge({
    name: "sluice_books_difference",
    help: "Events by which the books do not balance, by equation; 0 is right.",
    labelNames: ["equation"],
    registers,
    collect() {
      for (const [equation, difference] of Object.entries(differences() ?? {})) {
        if (difference !== null) this.set({ equation }, difference);
      }
    },
  });
  const rows = new Counter({
    name: "sluice_rows_written_total",
    help: "Rows written to the table events.",
    registers,
  });
  const deadLetters = new Counter({
    name: "sluice_dead_letters_total",
    help: "Events that Postgres refused.",
    registers,
  });
  const lateReplays = new Counter({
    name: "sluice_late_replays_total",
    help: "Events whose idempotency key had made a row before, found at the flush.",
    registers,
  });
  const flushSeconds = new Histogram({
    name: "sluice_flush_seconds",
    help: "Duration of flushes, by trigger and result.",
    labelNames: ["trigger", "result"],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  });
  const enriched = new Counter({
    name: "sluice_events_enriched_total",
    help: "Events whose enrichment was written.",
    registers,
  });
  const enricherSeconds = new Counter({
    name: "sluice_enricher_seconds_total",
    help: "Time spent in each enricher.",
    labelNames: ["enricher"],
    registers,
  });
  const enricherFailures = new Counter({
    name: "sluice_enricher_failures_total",
    help: "Events that an enricher failed on.",
    labelNames: ["enricher"],
    registers,
  });
  return {
    observeOutcome(outcome) {
      switch (outcome.kind) {
        case "accepted":
          return accepted.inc();
        case "duplicate":
          return duplicates.inc({ by: "fingerprint" });
        case "replayed":
          return duplicates.inc({ by: "idempotency_key" });
        case "refused":
          return rejected.inc({ reason: outcome.rule });
        default:
          return rejected.inc({ reason: outcome.kind });
      }
    },
    observeFlush(counts) {
      rows.inc(counts.stored);
      deadLetters.inc(counts.deadLetters);
      lateReplays.inc(counts.replays);
      flushSeconds.observe({ trigger: counts.trigger, result: counts.result }, counts.ms / 1000);
    },
    observeEnricher(enricher, seconds, failures) {
      enricherSeconds.inc({ enricher }, seconds);
      enricherFailures.inc({ enricher }, failures);
    },
    observeEnriched: (events) => enriched.inc(events),
    render: () => registry.metrics(),
  };
}
