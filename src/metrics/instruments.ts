/**
 * Every metric of the service, as data: what `/metrics` shows, what OTLP ships, what the README lists
 * and what alerts and the dashboard may ask for. Names and labels are stable.
 */

/** One metric. */
export interface Instrument {
  readonly name: string;
  readonly kind: "counter" | "gauge" | "histogram";
  /** In UCUM, as OpenTelemetry wants it: seconds are `s`, things counted stand in braces. */
  readonly unit: string;
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper bounds of a histogram, in `unit`. */
  readonly buckets?: readonly number[];
}

const FAST = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
const SLOW = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** All metrics, in the order of an event's way. */
export const INSTRUMENTS = {
  request: {
    name: "sluice_request_seconds",
    kind: "histogram",
    unit: "s",
    help: "Duration of requests until the answer's head, by route and status.",
    labels: ["route", "status"],
    buckets: FAST,
  },
  accepted: {
    name: "sluice_events_accepted_total",
    kind: "counter",
    unit: "{event}",
    help: "Events made durable in the buffer.",
    labels: [],
  },
  duplicates: {
    name: "sluice_events_duplicate_total",
    kind: "counter",
    unit: "{event}",
    help: "Events not stored as they were seen before, by what told so.",
    labels: ["by"],
  },
  rejected: {
    name: "sluice_events_rejected_total",
    kind: "counter",
    unit: "{event}",
    help: "Events not stored, by reason.",
    labels: ["reason"],
  },
  commit: {
    name: "sluice_commit_seconds",
    kind: "histogram",
    unit: "s",
    help: "Duration of group commits to the buffer, retries included.",
    labels: [],
    buckets: FAST,
  },
  commitEvents: {
    name: "sluice_commit_events",
    kind: "histogram",
    unit: "{event}",
    help: "Events of a group commit.",
    labels: [],
    buckets: [1, 2, 5, 10, 20, 40, 60, 90],
  },
  buffered: {
    name: "sluice_events_buffered",
    kind: "gauge",
    unit: "{event}",
    help: "Events in the buffer, across all processes.",
    labels: [],
  },
  capacity: {
    name: "sluice_buffer_capacity_events",
    kind: "gauge",
    unit: "{event}",
    help: "Events that the buffer may hold (MAX_BUFFERED_EVENTS).",
    labels: [],
  },
  bufferAge: {
    name: "sluice_buffer_oldest_seconds",
    kind: "gauge",
    unit: "s",
    help: "Age of the oldest event in the buffer; 0 where it is empty.",
    labels: [],
  },
  flush: {
    name: "sluice_flush_seconds",
    kind: "histogram",
    unit: "s",
    help: "Duration of flushes, by trigger and result.",
    labels: ["trigger", "result"],
    buckets: SLOW,
  },
  flushBatch: {
    name: "sluice_flush_batch_seconds",
    kind: "histogram",
    unit: "s",
    help: "Duration of a flushed batch's parts: read from KV, insert into Postgres, commit to KV.",
    labels: ["part"],
    buckets: FAST,
  },
  flushBatchEvents: {
    name: "sluice_flush_batch_events",
    kind: "histogram",
    unit: "{event}",
    help: "Events of a flushed batch.",
    labels: [],
    buckets: [1, 10, 50, 100, 250, 500, 1000, 2000],
  },
  rows: {
    name: "sluice_rows_written_total",
    kind: "counter",
    unit: "{row}",
    help: "Rows written to the table events.",
    labels: [],
  },
  deadLetters: {
    name: "sluice_dead_letters_total",
    kind: "counter",
    unit: "{event}",
    help: "Events that Postgres refused.",
    labels: [],
  },
  lateReplays: {
    name: "sluice_late_replays_total",
    kind: "counter",
    unit: "{event}",
    help: "Events whose idempotency key had made a row before, found at the flush.",
    labels: [],
  },
  enriched: {
    name: "sluice_events_enriched_total",
    kind: "counter",
    unit: "{event}",
    help: "Events enriched and written.",
    labels: [],
  },
  enrichmentBatch: {
    name: "sluice_enrichment_batch_seconds",
    kind: "histogram",
    unit: "s",
    help: "Duration of enrichment batches, by result.",
    labels: ["result"],
    buckets: SLOW,
  },
  enrichmentLag: {
    name: "sluice_enrichment_oldest_seconds",
    kind: "gauge",
    unit: "s",
    help: "Age of the oldest record that waits for enrichment; 0 where none does.",
    labels: [],
  },
  enricher: {
    name: "sluice_enricher_seconds_total",
    kind: "counter",
    unit: "s",
    help: "Time spent in each enricher.",
    labels: ["enricher"],
  },
  enricherFailures: {
    name: "sluice_enricher_failures_total",
    kind: "counter",
    unit: "{event}",
    help: "Events that an enricher failed on.",
    labels: ["enricher"],
  },
  counter: {
    name: "sluice_reconciliation_events",
    kind: "gauge",
    unit: "{event}",
    help: "Events on each reconciliation counter, exact across all processes and restarts.",
    labels: ["counter"],
  },
  difference: {
    name: "sluice_reconciliation_difference",
    kind: "gauge",
    unit: "{event}",
    help: "Events by which the counters disagree, by equation; 0 is correct.",
    labels: ["equation"],
  },
  ready: {
    name: "sluice_ready",
    kind: "gauge",
    unit: "1",
    help: "Whether a part is ready, as /readyz says: 1 or 0.",
    labels: ["part"],
  },
  buildInfo: {
    name: "sluice_build_info",
    kind: "gauge",
    unit: "1",
    help: "Always 1; the label is the version of the service.",
    labels: ["version"],
  },
} as const satisfies Readonly<Record<string, Instrument>>;
