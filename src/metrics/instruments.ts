/**
 * Every metric of the service, as data. `/metrics`, OTLP, the table in README.md, the alerts and the
 * dashboard all use these. Names and labels are stable.
 */

/** The definition of a metric. */
export interface Instrument {
  readonly name: string;
  readonly kind: "counter" | "gauge" | "histogram";
  /** In UCUM, as OpenTelemetry requires: `s` for seconds, counted things in braces. */
  readonly unit: string;
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper bounds of a histogram, in `unit`. */
  readonly buckets?: readonly number[];
}

const FAST = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
const SLOW = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** All metrics, in the order in which an event passes through the service. */
export const INSTRUMENTS = {
  request: {
    name: "sluice_request_seconds",
    kind: "histogram",
    unit: "s",
    help: "Time until the response headers are sent, by route and status.",
    labels: ["route", "status"],
    buckets: FAST,
  },
  accepted: {
    name: "sluice_events_accepted_total",
    kind: "counter",
    unit: "{event}",
    help: "Events stored durably in the buffer.",
    labels: [],
  },
  duplicates: {
    name: "sluice_events_duplicate_total",
    kind: "counter",
    unit: "{event}",
    help: "Events not stored because they are duplicates, by what identified them.",
    labels: ["by"],
  },
  rejected: {
    name: "sluice_events_rejected_total",
    kind: "counter",
    unit: "{event}",
    help: "Events not stored, by reason.",
    labels: ["reason"],
  },
  tokensRefused: {
    name: "sluice_tokens_refused_total",
    kind: "counter",
    unit: "{token}",
    help: "Requests whose token is not accepted, by reason; their events are anonymous.",
    labels: ["reason"],
  },
  commit: {
    name: "sluice_commit_seconds",
    kind: "histogram",
    unit: "s",
    help: "Duration of group commits to the buffer, including retries.",
    labels: [],
    buckets: FAST,
  },
  commitEvents: {
    name: "sluice_commit_events",
    kind: "histogram",
    unit: "{event}",
    help: "Events per group commit.",
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
    help: "Maximum number of events in the buffer (MAX_BUFFERED_EVENTS).",
    labels: [],
  },
  bufferAge: {
    name: "sluice_buffer_oldest_seconds",
    kind: "gauge",
    unit: "s",
    help: "Age of the oldest event in the buffer; 0 if it is empty.",
    labels: [],
  },
  reserve: {
    name: "sluice_disk_reserve_bytes",
    kind: "gauge",
    unit: "By",
    help: "Size of the reserve on the disk of KV; 0 while it is given up as the disk is full.",
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
    help:
      "Duration of each part of a flush batch: read from KV, insert into Postgres, commit to KV.",
    labels: ["part"],
    buckets: FAST,
  },
  flushBatchEvents: {
    name: "sluice_flush_batch_events",
    kind: "histogram",
    unit: "{event}",
    help: "Events per flush batch.",
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
    help: "Events that Postgres rejected and that became dead letters.",
    labels: [],
  },
  lateReplays: {
    name: "sluice_late_replays_total",
    kind: "counter",
    unit: "{event}",
    help: "Events not written at the flush because their idempotency key already has a row.",
    labels: [],
  },
  enriched: {
    name: "sluice_events_enriched_total",
    kind: "counter",
    unit: "{event}",
    help: "Events whose enrichment was written.",
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
    help: "Age of the oldest event waiting for enrichment; 0 if there is none.",
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
    help: "Events on which an enricher failed.",
    labels: ["enricher"],
  },
  counter: {
    name: "sluice_reconciliation_events",
    kind: "gauge",
    unit: "{event}",
    help: "Value of each reconciliation counter, exact across processes and restarts.",
    labels: ["counter"],
  },
  damage: {
    name: "sluice_kv_damage_total",
    kind: "counter",
    unit: "{value}",
    help: "Damaged values found in KV, by kind; segments and outbox records are set aside instead.",
    labels: ["kind"],
  },
  failing: {
    name: "sluice_failing_records",
    kind: "gauge",
    unit: "{record}",
    help: "Outbox records that fail while others do not, and are tried again until set aside.",
    labels: ["source"],
  },
  setAside: {
    name: "sluice_set_aside_entries",
    kind: "gauge",
    unit: "{entry}",
    help: "Segments and outbox records set aside because they cannot be read or processed.",
    labels: ["source"],
  },
  difference: {
    name: "sluice_reconciliation_difference",
    kind: "gauge",
    unit: "{event}",
    help: "Events by which the two sides of a reconciliation equation differ; 0 is correct.",
    labels: ["equation"],
  },
  ready: {
    name: "sluice_ready",
    kind: "gauge",
    unit: "1",
    help: "Whether a part is ready, as in /readyz: 1 or 0.",
    labels: ["part"],
  },
  buildInfo: {
    name: "sluice_build_info",
    kind: "gauge",
    unit: "1",
    help: "Always 1; the label has the version of the service.",
    labels: ["version"],
  },
} as const satisfies Readonly<Record<string, Instrument>>;
