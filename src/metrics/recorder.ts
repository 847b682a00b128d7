/**
 * Records into two places: a registry that `/metrics` renders, and the OpenTelemetry API, which exports
 * over OTLP with `OTEL_DENO=true` and otherwise does nothing.
 */

import { metrics } from "@opentelemetry/api";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { bounded, systemClock } from "../clock.ts";
import { VERSION } from "../version.ts";
import type { Instrument } from "./instruments.ts";

/** Label values by label name. */
export type Labels = Readonly<Record<string, string>>;

/** Adds to a counter, or records a value in a histogram. */
export type Observe = (value: number, labels?: Labels) => void;

/** One value of a gauge. */
export interface Reading {
  readonly value: number;
  readonly labels?: Labels;
}

const NONE: Labels = {};

/**
 * How long the page waits for a gauge: longer than health checks take, so that they are shown when
 * something hangs, and less than two seconds (contract 11.9).
 */
const GAUGE_MS = 1_750;

/** Creates the instruments of one service. */
export class Recorder {
  readonly #registry = new Registry();
  readonly #registers = [this.#registry];
  readonly #meter = metrics.getMeter("sluice", VERSION);
  readonly #exporting = new Set<Promise<void>>();
  #closed = false;

  /** Creates a counter. */
  counter(instrument: Instrument): Observe {
    const { name, help, labels, unit } = instrument;
    const local = new Counter({ name, help, labelNames: [...labels], registers: this.#registers });
    const exported = this.#meter.createCounter(name, { description: help, unit });
    return (value, labels = NONE) => {
      local.inc(labels, value);
      exported.add(value, labels);
    };
  }

  /** Creates a histogram. */
  histogram(instrument: Instrument): Observe {
    const { name, help, labels, unit } = instrument;
    const buckets = [...instrument.buckets ?? []];
    const local = new Histogram({
      name,
      help,
      labelNames: [...labels],
      buckets,
      registers: this.#registers,
    });
    const exported = this.#meter.createHistogram(name, {
      description: help,
      unit,
      advice: { explicitBucketBoundaries: buckets },
    });
    return (value, labels = NONE) => {
      local.observe(labels, value);
      exported.record(value, labels);
    };
  }

  /**
   * Creates a gauge that is read at each scrape or export. If reading fails, it is NaN without labels,
   * absent with; if it takes too long or there is no value, it is absent.
   */
  gauge(
    instrument: Instrument,
    read: () => readonly Reading[] | Promise<readonly Reading[]>,
  ): void {
    const { name, help, labels, unit } = instrument;
    const unreadable: readonly Reading[] = labels.length === 0 ? [{ value: NaN }] : [];
    const readings = bounded(systemClock, GAUGE_MS, async () => {
      try {
        return await read();
      } catch {
        return unreadable;
      }
    });
    new Gauge({
      name,
      help,
      labelNames: [...labels],
      registers: this.#registers,
      async collect() {
        const values = await readings();
        this.reset();
        const known = values ?? [];
        if (known.length === 0 && labels.length === 0) this.remove(); // `reset` made it 0
        for (const { value, labels = NONE } of known) this.set(labels, value);
      },
    });
    this.#meter.createObservableGauge(name, { description: help, unit }).addCallback(
      async (result) => {
        if (this.#closed) return;
        const exporting = readings().then((values) => {
          for (const { value, labels } of values ?? []) {
            if (Number.isFinite(value)) result.observe(value, labels);
          }
        });
        this.#exporting.add(exporting);
        await exporting;
        this.#exporting.delete(exporting);
      },
    );
  }

  /**
   * Stops exporting gauges and waits for reads in progress: Deno hangs at exit if an exported gauge
   * is still being read.
   */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#exporting);
  }

  /** Returns all metrics in Prometheus' text format. */
  render(): Promise<string> {
    return this.#registry.metrics();
  }
}
