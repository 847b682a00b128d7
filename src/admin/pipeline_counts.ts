/**
 * Counts duplicates, rejections and flush durations per minute, for plots. A crash loses a few
 * seconds of these counts; the counters of the reconciliation are separate and exact.
 */

import type { Clock } from "../clock.ts";
import type { Database } from "../store/database.ts";
import { addPipelineCounts, type PipelineMeasure } from "../store/plots.ts";
import { toBucket } from "./flush_histogram.ts";

/** Options of `PipelineCounts`. */
export interface PipelineCountsOptions {
  readonly clock: Clock;
  readonly database: Pick<Database, "run">;
}

const WRITE_MS = 5_000;
/** Counts kept while Postgres is unavailable: several hours' worth. */
const MAX_PENDING = 5_000;

/** Collects counts for a few seconds, then adds them to those in Postgres. */
export class PipelineCounts {
  readonly #options: PipelineCountsOptions;
  /** By measure, minute and label, oldest first. */
  readonly #pending = new Map<string, number>();
  #cancel: (() => void) | null = null;

  constructor(options: PipelineCountsOptions) {
    this.#options = options;
  }

  /** Adds to a count; `label` is the reason, or the bucket of a flush. */
  add(measure: PipelineMeasure, label: string, count = 1): void {
    if (count === 0) return;
    const { clock } = this.#options;
    const minute = Math.floor(clock.now() / 60_000) * 60;
    this.#increment(JSON.stringify([measure, minute, label]), count);
    this.#cancel ??= clock.after(WRITE_MS, () => this.write());
  }

  /** Counts a flush that took `ms` milliseconds. */
  addFlush(ms: number): void {
    this.add("flush", toBucket(ms));
  }

  /** Writes the pending counts; they stay pending if that fails. */
  async write(): Promise<void> {
    this.#cancel?.();
    this.#cancel = null;
    const collected = [...this.#pending];
    if (collected.length === 0) return;
    this.#pending.clear();
    const counts = collected.map(([key, count]) => {
      const [measure, minute, label] = JSON.parse(key);
      return { measure, minute, label, count };
    });
    try {
      await this.#options.database.run((sql) => addPipelineCounts(sql, counts));
    } catch {
      for (const [key, count] of collected) this.#increment(key, count);
    }
  }

  #increment(key: string, count: number): void {
    this.#pending.set(key, (this.#pending.get(key) ?? 0) + count);
    if (this.#pending.size <= MAX_PENDING) return;
    const oldest = this.#pending.keys().next();
    if (!oldest.done) this.#pending.delete(oldest.value);
  }
}
