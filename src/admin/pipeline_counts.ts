/**
 * Counts what becomes of events that are no rows, and how long flushes take, by the minute: for
 * plots. A process that is killed takes a few seconds of them along; the reconciliation are kept elsewhere.
 */

import type { Clock } from "../clock.ts";
import type { Database } from "../store/database.ts";
import { addPipelineCounts, type PipelineMeasure } from "../store/plots.ts";
import { labelOf } from "./flush_times.ts";

/** What the counts are made of. */
export interface PipelineCountsOptions {
  readonly clock: Clock;
  readonly database: Pick<Database, "run">;
}

const WRITE_MS = 5_000;
/** Counts that wait for a Postgres that is away: some hours' worth. */
const MAX_WAITING = 5_000;

/** Collects for a few seconds, then adds to what Postgres has. */
export class PipelineCounts {
  readonly #options: PipelineCountsOptions;
  /** By measure, minute and label, the oldest first. */
  readonly #open = new Map<string, number>();
  #cancel: (() => void) | null = null;

  constructor(options: PipelineCountsOptions) {
    this.#options = options;
  }

  /** Counts events that were recognised, or turned away, by what told so or by reason. */
  note(measure: PipelineMeasure, label: string, count = 1): void {
    if (count === 0) return;
    const { clock } = this.#options;
    const minute = Math.floor(clock.now() / 60_000) * 60;
    this.#add(JSON.stringify([measure, minute, label]), count);
    this.#cancel ??= clock.after(WRITE_MS, () => this.write());
  }

  /** Counts a flush that took `ms`. */
  noteFlush(ms: number): void {
    this.note("flush", labelOf(ms));
  }

  /** Adds what was collected. What Postgres does not take is collected again. */
  async write(): Promise<void> {
    this.#cancel?.();
    this.#cancel = null;
    const collected = [...this.#open];
    if (collected.length === 0) return;
    this.#open.clear();
    const counts = collected.map(([key, count]) => {
      const [measure, minute, label] = JSON.parse(key);
      return { measure, minute, label, count };
    });
    try {
      await this.#options.database.run((sql) => addPipelineCounts(sql, counts));
    } catch {
      for (const [key, count] of collected) this.#add(key, count);
    }
  }

  #add(key: string, count: number): void {
    this.#open.set(key, (this.#open.get(key) ?? 0) + count);
    if (this.#open.size <= MAX_WAITING) return;
    const oldest = this.#open.keys().next();
    if (!oldest.done) this.#open.delete(oldest.value);
  }
}
