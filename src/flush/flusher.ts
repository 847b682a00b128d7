/** A flush moves segments in KV to rows in Postgres: takes the lease, drains the buffer and reports. */

import { getLogger } from "@logtape/logtape";
import { KvFormatError } from "../kv/format_error.ts";
import { SegmentFormatError } from "../kv/segment.ts";
import { inSpan, type Task } from "../tracing.ts";
import { drain, type SinkState } from "./drain.ts";
import { Lease } from "./lease.ts";
import { FlushStats } from "./stats.ts";
import type { FlusherOptions, FlushReport, FlushTrigger } from "./types.ts";

const logger = getLogger(["sluice", "flush"]);

/** Flushes the buffer. Any number of them, in any number of processes, may try at once. */
export class Flusher {
  readonly #options: FlusherOptions;
  readonly #sinkState: SinkState = { isUnavailable: false };
  /** Why the last flush failed. */
  #lastReason: string | null = null;

  constructor(options: FlusherOptions) {
    this.#options = options;
  }

  /**
   * Moves buffered events to Postgres, oldest first, until none is left or `stop` is aborted. Never
   * rejects: the report says what failed.
   */
  async flush(trigger: FlushTrigger, stop: AbortSignal): Promise<FlushReport> {
    const { kv, clock, newId, onRest } = this.#options;
    const stats = new FlushStats(trigger);
    let held: Lease | null = null;
    try {
      await this.#options.checkFormat?.();
      const lease = await Lease.acquire(kv, clock, newId());
      if (lease === null) return stats.report("busy");
      held = lease;
      const report = await inSpan("flush", async (task) => {
        const context = { options: this.#options, lease, stats, sinkState: this.#sinkState };
        const { result, reason } = await drain(context, task, stop);
        const report = stats.report(result, reason);
        annotateSpan(task, report);
        return report;
      });
      this.#finish(report);
      const drained = report.result === "drained";
      if (trigger !== "shutdown" && (drained || report.result === "stopped")) {
        await onRest?.({ drained, isHeld: () => lease.commit(() => {}) });
      }
      return report;
    } catch (error) {
      const isNewer = error instanceof SegmentFormatError || error instanceof KvFormatError;
      const report = isNewer
        ? stats.report("newer", error.message)
        : stats.report("failed", String(error));
      return this.#finish(report);
    } finally {
      await held?.release().catch((error) => {
        logger.warn("The flush lease could not be released and will expire: {error}", { error });
      });
    }
  }

  #finish(report: FlushReport): FlushReport {
    if (report.result === "drained" && report.events === 0) return report;
    this.#options.onFlushed(report);
    const healthy = report.result === "drained" || report.result === "stopped";
    // An outage is one line in the log, not one for each attempt.
    const level = report.reason === this.#lastReason ? "debug" : "warn";
    if (healthy) logger.info("Flushed {events} events in {ms} ms ({trigger})", { ...report });
    else logger[level]("Flush ({trigger}) {result} after {events} events: {reason}", { ...report });
    this.#lastReason = report.reason;
    return report;
  }
}

/** Adds the report to the attributes of the flush's span. */
function annotateSpan(task: Task, report: FlushReport): void {
  const { trigger, result, reason, batches, events, stored, deadLetters } = report;
  task.setAttributes({
    "sluice.trigger": trigger,
    "sluice.result": result,
    "sluice.batches": batches,
    "sluice.events": events,
    "sluice.rows": stored,
    "sluice.dead_letters": deadLetters,
  });
  if (reason !== null) task.fail(reason);
}
