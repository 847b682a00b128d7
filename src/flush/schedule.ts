/**
 * Decides when to flush (contract 8.1). Three states:
 *
 * - idle: no flush is running; if this process has buffered events, a timer runs for the oldest;
 * - flushing: one flush is running in this process; events that arrive are checked when it ends;
 * - backing off: the last flush failed; a timer runs, and neither size nor age starts a flush.
 */

import { type Clock, within } from "../clock.ts";
import type { ForcedFlush } from "../events/ingest.ts";
import { KvFormatError } from "../kv/format_error.ts";
import type { Kv } from "../kv/port.ts";
import { readNewestSegmentId, readOldestSegmentId } from "./batch.ts";
import type { Flusher } from "./flusher.ts";
import type { FlushReport, FlushTrigger } from "./types.ts";

/** Options of `FlushSchedule`. */
export interface ScheduleOptions {
  readonly kv: Kv;
  readonly clock: Clock;
  /** Returns a number in [0, 1), for the backoff's jitter. */
  readonly random: () => number;
  readonly flusher: Pick<Flusher, "flush">;
  /** Reads the number of buffered events across all processes. */
  readonly countBuffered: () => Promise<number>;
  readonly batchSize: number;
  readonly batchTimeoutMs: number;
}

/** Flushes that failed one after another. */
export interface FlushFailures {
  readonly count: number;
  /** The report of the last one. */
  readonly last: Pick<FlushReport, "result" | "reason">;
}

const FORCE_TIMEOUT_MS = 30_000;
const BUSY_POLL_MS = 50;
/** Delay after finding the lease taken; short, so that `batchTimeoutMs` is kept almost exactly. */
const BUSY_RETRY_MS = 1_000;
const MIN_BACKOFF_MS = 250;
/** Long enough not to burden a Postgres that is starting, short enough not to prolong an outage much. */
const MAX_BACKOFF_MS = 5_000;

/** Starts flushes. */
export class FlushSchedule {
  readonly #options: ScheduleOptions;
  readonly #stop = new AbortController();
  #running: Promise<FlushReport> | null = null;
  #cancelTimer: (() => void) | null = null;
  #failures = 0;
  #lastFailure: FlushReport | null = null;
  #backingOff = false;

  constructor(options: ScheduleOptions) {
    this.#options = options;
  }

  /** Call it after events were buffered, with the number of all that are buffered now. */
  onBuffered(total: number): void {
    if (this.#isBlocked) return;
    if (total >= this.#options.batchSize) this.#start("size");
    else if (this.#cancelTimer === null) this.#arm(this.#options.batchTimeoutMs, "timer");
  }

  /** The flushes that have failed since the last one that did not; `null` if there are none. */
  get failures(): FlushFailures | null {
    return this.#lastFailure && { count: this.#failures, last: this.#lastFailure };
  }

  /** Whether size and age start no flush now: stopped, backing off, or a flush is running. */
  get #isBlocked(): boolean {
    return this.#stop.signal.aborted || this.#backingOff || this.#running !== null;
  }

  /** Flushes now in any state; joins a flush that is already running. */
  flush(trigger: FlushTrigger): Promise<FlushReport> {
    return this.#running ?? this.#start(trigger);
  }

  /** Waits until the events buffered now have left the buffer, flushed by any process (contract 8.3). */
  async force(): Promise<ForcedFlush> {
    try {
      return await this.#force();
    } catch (error) {
      const reason = error instanceof KvFormatError ? error.message : String(error);
      return { result: "unavailable", reason };
    }
  }

  async #force(): Promise<ForcedFlush> {
    const { kv, clock } = this.#options;
    const [events, newest] = await Promise.all([
      this.#options.countBuffered(),
      readNewestSegmentId(kv),
    ]);
    if (newest === null) return { result: "empty" };
    const giveUpAt = clock.monotonic() + FORCE_TIMEOUT_MS;
    while (clock.monotonic() < giveUpAt) {
      const report = await within(
        this.#options.clock,
        giveUpAt - clock.monotonic(),
        this.flush("forced"),
      );
      if (report === null) break;
      const oldest = await readOldestSegmentId(kv);
      if (oldest === null || oldest > newest) {
        return { result: "flushed", events };
      }
      if (hasFailed(report)) {
        return { result: "unavailable", reason: report.reason ?? report.result };
      }
      if (this.#stop.signal.aborted) return { result: "unavailable", reason: "shutting down" };
      if (report.result === "busy") await clock.sleep(BUSY_POLL_MS);
    }
    return { result: "timeout" };
  }

  /** Waits for a running flush to finish its batch; starts no other. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#disarm();
    await this.#running;
  }

  #start(trigger: FlushTrigger): Promise<FlushReport> {
    this.#disarm();
    const running = this.#options.flusher.flush(trigger, this.#stop.signal)
      .then((report) => {
        this.#running = null;
        this.#scheduleNext(report);
        return report;
      });
    this.#running = running;
    return running;
  }

  /** Schedules what follows a flush. */
  async #scheduleNext(report: FlushReport): Promise<void> {
    const { result, events } = report;
    if (this.#stop.signal.aborted) return;
    this.#backingOff = hasFailed(report);
    if (this.#backingOff) {
      // A sink that stored events before it failed has recovered in between.
      this.#failures = events > 0 ? 1 : this.#failures + 1;
      this.#lastFailure = report;
      return this.#arm(this.#backoffMs(), "retry");
    }
    this.#failures = 0;
    this.#lastFailure = null;
    if (result === "busy") return this.#arm(BUSY_RETRY_MS, "timer");
    if (result !== "drained") return void this.#start("retry");
    // Events that arrived after the last read of this flush wait for the timer or for the batch size.
    const buffered = await this.#options.countBuffered().catch(() => 1);
    if (this.#isBlocked) return;
    // If the counter exceeds the events that exist, flushes must still pause in between.
    if (events === 0 && buffered >= this.#options.batchSize) this.#arm(BUSY_RETRY_MS, "retry");
    else if (buffered > 0) this.onBuffered(buffered);
  }

  /** Exponential backoff with full jitter, never below the minimum. */
  #backoffMs(): number {
    const ceiling = Math.min(MAX_BACKOFF_MS, MIN_BACKOFF_MS * 2 ** this.#failures);
    return MIN_BACKOFF_MS + this.#options.random() * (ceiling - MIN_BACKOFF_MS);
  }

  #arm(ms: number, trigger: FlushTrigger): void {
    this.#disarm();
    this.#cancelTimer = this.#options.clock.after(ms, () => {
      this.#cancelTimer = null;
      this.#backingOff = false;
      if (this.#running === null) this.#start(trigger);
    });
  }

  #disarm(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
  }
}

/** Whether a flush would fail again now. */
function hasFailed({ result }: FlushReport): boolean {
  return result === "unavailable" || result === "failed" || result === "newer";
}
