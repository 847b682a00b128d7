/** Counts and timings of one flush. */

import type { WriteResult } from "../events/sink.ts";
import type { Batch } from "./batch.ts";
import type { FlushReport, FlushTrigger } from "./types.ts";

/** A timed part of a flush. */
export type FlushPart = "readMs" | "insertMs" | "commitMs";

/** The duration of each part, in milliseconds. */
export type PartTimes = Record<FlushPart, number>;

/** Returns the timings of a batch that has not begun. */
export function noTimes(): PartTimes {
  return { readMs: 0, insertMs: 0, commitMs: 0 };
}

/** The stats of one flush. */
export class FlushStats {
  /** Why the flush was started. */
  readonly trigger: FlushTrigger;
  readonly #startedAt = performance.now();
  readonly #times = noTimes();
  readonly #counts = { batches: 0, events: 0, stored: 0, replays: 0, deadLetters: 0 };

  constructor(trigger: FlushTrigger) {
    this.trigger = trigger;
  }

  /** Milliseconds since the flush began. */
  get elapsedMs(): number {
    return performance.now() - this.#startedAt;
  }

  /** Runs and times one part of a batch. Parts of different batches may overlap. */
  async time<T>(
    part: FlushPart,
    { times }: { readonly times: PartTimes },
    work: () => Promise<T>,
  ): Promise<T> {
    const startedAt = performance.now();
    try {
      return await work();
    } finally {
      const ms = performance.now() - startedAt;
      this.#times[part] += ms;
      times[part] = ms;
    }
  }

  /** Counts a batch that has left the buffer. */
  add(batch: Batch, written: WriteResult & { ok: true }): void {
    this.#counts.batches += 1;
    this.#counts.events += batch.lines.length;
    this.#counts.stored += written.stored;
    this.#counts.replays += written.replays.length;
    this.#counts.deadLetters += written.dead.length;
  }

  /** The report of the flush. */
  report(result: FlushReport["result"], reason: string | null = null): FlushReport {
    return {
      trigger: this.trigger,
      result,
      reason,
      ...this.#counts,
      readMs: Math.round(this.#times.readMs),
      insertMs: Math.round(this.#times.insertMs),
      commitMs: Math.round(this.#times.commitMs),
      ms: Math.round(this.elapsedMs),
    };
  }
}
