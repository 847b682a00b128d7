/** Counts and measures what the service does; one method for each step. */

import { type Outcome, outcomeLabel, OUTCOMES } from "../events/outcome.ts";
import { VERSION } from "../version.ts";
import { INSTRUMENTS } from "./instruments.ts";
import { type Reading, Recorder } from "./recorder.ts";

/** The counted part of a flush report. */
export interface FlushCounts {
  readonly trigger: string;
  readonly result: string;
  readonly stored: number;
  readonly deadLetters: number;
  readonly replays: number;
  readonly ms: number;
}

/** Size of a flush batch, and the durations of its parts in milliseconds. */
export interface BatchTimes {
  readonly events: number;
  readonly readMs: number;
  readonly insertMs: number;
  readonly commitMs: number;
}

/** The metrics of a process. */
export interface Metrics {
  /** @param route the route pattern, so that callers' paths create no series */
  readonly observeRequest: (route: string, status: number, seconds: number) => void;
  readonly observeOutcome: (outcome: Outcome) => void;
  readonly observeRefusedToken: (refusal: { readonly reason: string }) => void;
  readonly observeCommit: (events: number, seconds: number) => void;
  readonly observeFlush: (counts: FlushCounts) => void;
  readonly observeFlushBatch: (batch: BatchTimes) => void;
  readonly observeEnrichment: (events: number, seconds: number, ok: boolean) => void;
  /** Counts a damaged value of KV; by 0, to begin the series of its kind. */
  readonly observeDamage: (kind: string, count?: number) => void;
  readonly observeEnricher: (name: string, seconds: number, failures: number) => void;
  /** Registers the gauges. Call it once, when what they read exists. */
  readonly registerGauges: (sources: GaugeSources) => void;
  /** Returns all metrics in Prometheus' text format. */
  readonly render: () => Promise<string>;
  /** Stops exporting gauges; call it before the process exits. */
  readonly close: () => Promise<void>;
}

/** Where gauges read their values, each time the metrics are read. */
export interface GaugeSources {
  readonly countBuffered: () => Promise<number>;
  /** `MAX_BUFFERED_EVENTS`. */
  readonly capacity: number;
  /** Seconds. */
  readonly bufferAge: () => Promise<number>;
  /** The size of the reserve on the disk (contract 8.13); absent where there is none. */
  readonly reserveBytes?: (() => number) | undefined;
  /** Seconds. */
  readonly enrichmentLag: () => Promise<number>;
  /** The value of each reconciliation counter. */
  readonly counters: () => Promise<Readonly<Record<string, number>>>;
  /** How many outbox records fail while others do not, by source. */
  readonly failingRecords: () => Promise<ReadonlyMap<string, number>>;
  /** How much is set aside, by source. */
  readonly setAside: () => Promise<ReadonlyMap<string, number>>;
  /** The reconciliation differences, by equation; `null` before the first check. */
  readonly differences: () => { readonly [equation: string]: number | null } | null;
  /** The state of each part that `/readyz` reports on. */
  readonly health: () => Promise<Readonly<Record<string, { readonly state: string }>>>;
}

/** Creates the metrics of a process. */
export function createMetrics(): Metrics {
  const recorder = new Recorder();
  const request = recorder.histogram(INSTRUMENTS.request);
  const accepted = recorder.counter(INSTRUMENTS.accepted);
  const duplicates = recorder.counter(INSTRUMENTS.duplicates);
  const rejected = recorder.counter(INSTRUMENTS.rejected);
  const tokensRefused = recorder.counter(INSTRUMENTS.tokensRefused);
  const commit = recorder.histogram(INSTRUMENTS.commit);
  const commitEvents = recorder.histogram(INSTRUMENTS.commitEvents);
  const flush = recorder.histogram(INSTRUMENTS.flush);
  const flushBatch = recorder.histogram(INSTRUMENTS.flushBatch);
  const flushBatchEvents = recorder.histogram(INSTRUMENTS.flushBatchEvents);
  const rows = recorder.counter(INSTRUMENTS.rows);
  const deadLetters = recorder.counter(INSTRUMENTS.deadLetters);
  const lateReplays = recorder.counter(INSTRUMENTS.lateReplays);
  const enriched = recorder.counter(INSTRUMENTS.enriched);
  const enrichmentBatch = recorder.histogram(INSTRUMENTS.enrichmentBatch);
  const enricher = recorder.counter(INSTRUMENTS.enricher);
  const enricherFailures = recorder.counter(INSTRUMENTS.enricherFailures);
  const damage = recorder.counter(INSTRUMENTS.damage);
  return {
    observeRequest(route, status, seconds) {
      request(seconds, { route, status: String(status) });
    },
    observeOutcome(outcome) {
      const { counter } = OUTCOMES[outcome.kind];
      if (counter === "accepted") return accepted(1);
      const label = outcomeLabel(outcome);
      if (counter === "duplicates") duplicates(1, { by: label });
      else rejected(1, { reason: label });
    },
    observeRefusedToken: ({ reason }) => tokensRefused(1, { reason }),
    observeCommit(events, seconds) {
      commit(seconds);
      commitEvents(events);
    },
    observeFlush(counts) {
      rows(counts.stored);
      deadLetters(counts.deadLetters);
      lateReplays(counts.replays);
      flush(counts.ms / 1000, { trigger: counts.trigger, result: counts.result });
    },
    observeFlushBatch(batch) {
      flushBatchEvents(batch.events);
      flushBatch(batch.readMs / 1000, { part: "read" });
      flushBatch(batch.insertMs / 1000, { part: "insert" });
      flushBatch(batch.commitMs / 1000, { part: "commit" });
    },
    observeEnrichment(events, seconds, ok) {
      if (ok) enriched(events);
      enrichmentBatch(seconds, { result: ok ? "written" : "failed" });
    },
    observeDamage: (kind, count = 1) => damage(count, { kind }),
    observeEnricher(name, seconds, failures) {
      enricher(seconds, { enricher: name });
      enricherFailures(failures, { enricher: name });
    },
    registerGauges: (sources) => registerGauges(recorder, sources),
    render: () => recorder.render(),
    close: () => recorder.close(),
  };
}

function registerGauges(recorder: Recorder, sources: GaugeSources): void {
  const toReading = async (value: Promise<number>): Promise<Reading[]> => [{ value: await value }];
  recorder.gauge(INSTRUMENTS.buffered, () => toReading(sources.countBuffered()));
  recorder.gauge(INSTRUMENTS.capacity, () => [{ value: sources.capacity }]);
  recorder.gauge(INSTRUMENTS.bufferAge, () => toReading(sources.bufferAge()));
  recorder.gauge(INSTRUMENTS.enrichmentLag, () => toReading(sources.enrichmentLag()));
  recorder.gauge(INSTRUMENTS.reserve, () => {
    const value = sources.reserveBytes?.();
    return value === undefined ? [] : [{ value }];
  });
  recorder.gauge(INSTRUMENTS.counter, async () => {
    const counters = Object.entries(await sources.counters());
    return counters.map(([counter, value]) => ({ value, labels: { counter } }));
  });
  const bySource = (counts: ReadonlyMap<string, number>): Reading[] =>
    [...counts].map(([source, value]) => ({ value, labels: { source } }));
  recorder.gauge(INSTRUMENTS.failing, async () => bySource(await sources.failingRecords()));
  recorder.gauge(INSTRUMENTS.setAside, async () => bySource(await sources.setAside()));
  recorder.gauge(
    INSTRUMENTS.difference,
    () =>
      Object.entries(sources.differences() ?? {}).flatMap(([equation, value]) =>
        value === null ? [] : [{ value, labels: { equation } }]
      ),
  );
  recorder.gauge(INSTRUMENTS.ready, async () => {
    const parts = Object.entries(await sources.health());
    return parts.map(([part, { state }]) => ({ value: state === "ok" ? 1 : 0, labels: { part } }));
  });
  recorder.gauge(INSTRUMENTS.buildInfo, () => [{ value: 1, labels: { version: VERSION } }]);
}
