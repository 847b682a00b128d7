/**
 * Records into two worlds at once: a registry that `/metrics` renders, and the OpenTelemetry API, which
 * Deno's exporter ships over OTLP where `OTEL_DENO=true` and which does nothing elsewhere.
 */

import { metrics } from "@opentelemetry/api";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { VERSION } from "../version.ts";
import type { Instrument } from "./instruments.ts";

/** Values of an instrument's labels, by their names. */
export type Labels = Readonly<Record<string, string>>;

/** Adds to a counter, or observes a value. */
export type Observe = (value: number, labels?: Labels) => void;

/** A value of a gauge. */
export interface Reading {
  readonly value: number;
  readonly labels?: Labels;
}

const NONE: Labels = {};

/** The metrics of one service. */
export class Recorder {
  readonly #registry = new Registry();
  readonly #registers = [this.#registry];
  readonly #meter = metrics.getMeter("sluice", VERSION);
  readonly #shipping = new Set<Promise<void>>();
  #closed = false;

  /** A number that only grows. */
  counter(instrument: Instrument): Observe {
    const { name, help, labels, unit } = instrument;
    const own = new Counter({ name, help, labelNames: [...labels], registers: this.#registers });
    const shipped = this.#meter.createCounter(name, { description: help, unit });
    return (value, labels = NONE) => {
      own.inc(labels, value);
      shipped.add(value, labels);
    };
  }

  /** A distribution. */
  histogram(instrument: Instrument): Observe {
    const { name, help, labels, unit } = instrument;
    const buckets = [...instrument.buckets ?? []];
    const own = new Histogram({
      name,
      help,
      labelNames: [...labels],
      buckets,
      registers: this.#registers,
    });
    const shipped = this.#meter.createHistogram(name, {
      description: help,
      unit,
      advice: { explicitBucketBoundaries: buckets },
    });
    return (value, labels = NONE) => {
      own.observe(labels, value);
      shipped.record(value, labels);
    };
  }

  /** A state that is read when somebody asks; what cannot be read is not a number, or not there. */
  gauge(
    instrument: Instrument,
    read: () => readonly Reading[] | Promise<readonly Reading[]>,
  ): void {
    const { name, help, labels, unit } = instrument;
    const unreadable: readonly Reading[] = labels.length === 0 ? [{ value: NaN }] : [];
    const readings = async () => {
      try {
        return await read();
      } catch {
        return unreadable;
      }
    };
    new Gauge({
      name,
      help,
      labelNames: [...labels],
      registers: this.#registers,
      async collect() {
        const values = await readings();
        this.reset();
        for (const { value, labels = NONE } of values) this.set(labels, value);
      },
    });
    this.#meter.createObservableGauge(name, { description: help, unit }).addCallback(
      async (result) => {
        if (this.#closed) return;
        const shipping = readings().then((values) => {
          for (const { value, labels } of values) {
            if (Number.isFinite(value)) result.observe(value, labels);
          }
        });
        this.#shipping.add(shipping);
        await shipping;
        this.#shipping.delete(shipping);
      },
    );
  }

  /**
   * Ships gauges no more, and waits for those that are being read: a process that exits meanwhile
   * would wait for their values in vain, and for ever.
   */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#shipping);
  }

  /** Prometheus' text format. */
  render(): Promise<string> {
    return this.#registry.metrics();
  }
}
