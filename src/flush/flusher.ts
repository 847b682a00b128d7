/**
 * A flush moves segments in KV to rows in Postgres, under the lease.
 *
 * Each step inserts a batch, then makes one fenced commit that deletes the segments, updates the counters
 * and adds outbox records. After a crash before the insert, nothing has happened. After one between insert
 * and commit, the same events are inserted again, which changes nothing.
 */

import { getLogger } from "@logtape/logtape";
import { type Clock, pause } from "../clock.ts";
import { readTrace } from "../events/line.ts";
import { eventIdOf } from "../events/unreadable.ts";
import type { Outbox } from "../kv/outbox.ts";
import type { EventSink, WriteResult } from "../events/sink.ts";
import { addToCounter } from "../kv/counter.ts";
import { MISCOUNTED } from "../kv/keys.ts";
import { MAX_LINE_BYTES, MAX_SEGMENTS_PER_COMMIT } from "../kv/limits.ts";
import type { Kv, KvKey } from "../kv/port.ts";
import { countLines, merge, pack, SegmentFormatError } from "../kv/segment.ts";
import { BUFFER, correctMiscount, estimateEvents, setAside } from "../kv/set_aside.ts";
import { inSpan, type Task } from "../tracing.ts";
import { type Batch, readBatch, readSegmentId, type UnreadableSegment } from "./batch.ts";
import { correctClaims } from "./correct_claims.ts";
import { Lease } from "./lease.ts";
import { keepContexts, keepDead } from "./dead_letter_contexts.ts";
import { type BatchTimes, FlushStats, noTimes, type PartTimes } from "./stats.ts";
import type { FlushReport, FlushTrigger } from "./types.ts";

/** Options of `Flusher`. */
export interface FlusherOptions {
  readonly kv: Kv;
  readonly sink: EventSink;
  readonly outbox: Outbox;
  readonly clock: Clock;
  /** Returns a name for the owner of the lease. */
  readonly newId: () => string;
  /** Called with the report of each flush, except those that found nothing. */
  readonly onFlushed: (report: FlushReport) => void;
  /** Called under the lease before the first insert of each flush. */
  readonly beforeInserts?: () => Promise<void>;
  /** Called under the lease at the end of a flush, when every insert of it is committed. */
  readonly onRest?: (rest: Rest) => Promise<void>;
  /** Called with the timings of each batch that has left the buffer. */
  readonly onBatch?: (batch: BatchTimes) => void;
  /** Whether copies of dead letters are kept, for `deno task reflush`. */
  readonly keepsCopies?: () => boolean;
}

/** A moment at which nothing is in flight. */
interface Rest {
  /** Whether the buffer was seen empty. */
  readonly drained: boolean;
  /** Whether the lease has been held until now. */
  readonly isHeld: () => Promise<boolean>;
}

/** A flush ends after this time, so that a busy service reports regularly; the next one follows at once. */
const MAX_FLUSH_MS = 10_000;

/**
 * How long a small batch waits to grow, except the first one. Under load a flush would otherwise spend a
 * commit and a statement on every few dozen events.
 */
const LINGER_MS = 100;

/** A batch and its timings so far. */
interface TimedBatch extends Batch {
  readonly times: PartTimes;
}

/** The end of a flush. */
interface Ending {
  readonly result: FlushReport["result"];
  readonly reason?: string;
}

const FENCED: Ending = { result: "fenced", reason: "the lease was lost" };

const logger = getLogger(["sluice", "flush"]);

/** Flushes the buffer. Any number of them, in any number of processes, may try at once. */
export class Flusher {
  readonly #options: FlusherOptions;
  /** Whether the last write to the sink failed, whatever the events. */
  #isSinkUnavailable = false;
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
    const stats = new FlushStats(trigger);
    let held: Lease | null = null;
    try {
      const lease = await Lease.acquire(
        this.#options.kv,
        this.#options.clock,
        this.#options.newId(),
      );
      if (lease === null) return stats.report("busy");
      held = lease;
      const report = await inSpan("flush", async (task) => {
        const { result, reason } = await this.#drain(lease, stats, task, stop);
        const report = stats.report(result, reason);
        annotateSpan(task, report);
        return report;
      });
      this.#finish(report);
      const drained = report.result === "drained";
      if (trigger !== "shutdown" && (drained || report.result === "stopped")) {
        await this.#options.onRest?.({ drained, isHeld: () => lease.commit(() => {}) });
      }
      return report;
    } catch (error) {
      const isExplained = error instanceof SegmentFormatError;
      return this.#finish(stats.report("failed", isExplained ? error.message : String(error)));
    } finally {
      await held?.release().catch((error) => {
        logger.warn("The flush lease could not be released and will expire: {error}", { error });
      });
    }
  }

  /**
   * While a batch is inserted, the next one is read and the former one is committed, so Postgres and KV
   * do not wait for each other. At most two inserts are ahead of their commits, to be repeated after a crash.
   */
  async #drain(
    lease: Lease,
    stats: FlushStats,
    task: Task,
    stop: AbortSignal,
  ): Promise<Ending> {
    const { sink } = this.#options;
    let after: KvKey | null = null;
    let reading = this.#read(stats, after);
    const isAwaited = stats.trigger === "forced" || stats.trigger === "shutdown";
    let mayLinger = false;
    let fromStart = true;
    let isOpen = false;
    let committing = Promise.resolve(true);
    try {
      while (!stop.aborted && stats.elapsedMs < MAX_FLUSH_MS) {
        let batch = await reading;
        if (mayLinger && batch.keys.length > 0 && !batch.full) {
          await pause(this.#options.clock, LINGER_MS, stop);
          batch = await this.#read(stats, after);
        }
        if (batch.unreadable !== null) {
          if (!await committing || !await this.#setAside(lease, batch.unreadable)) return FENCED;
          reading = this.#read(stats, after);
          continue;
        }
        mayLinger = !isAwaited;
        const last = batch.keys.at(-1);
        if (last === undefined) {
          if (!await committing) return FENCED;
          if (fromStart) {
            await correctMiscount(this.#options.kv);
            return { result: "drained" };
          }
        }
        // Nothing follows the last segment, but clocks differ: a new segment may sort before it.
        fromStart = last === undefined;
        after = last ?? null;
        const wasUnavailable = this.#isSinkUnavailable;
        if (!wasUnavailable || last === undefined) reading = this.#read(stats, after);
        if (last === undefined) continue;
        task.linkTo(batch.lines.values().map(readTrace));
        if (!isOpen) await this.#options.beforeInserts?.();
        isOpen = true;
        const written = await stats.time("insertMs", batch, () => sink.write(batch.lines));
        this.#isSinkUnavailable = !written.ok && written.doubtful !== true;
        if (!await committing) return FENCED;
        if (!written.ok) return { result: "unavailable", reason: written.reason };
        if (wasUnavailable) reading = this.#read(stats, after);
        committing = this.#commit(lease, stats, batch, written);
      }
      return await committing ? { result: "stopped" } : FENCED;
    } finally {
      await Promise.allSettled([reading, committing]);
    }
  }

  /**
   * Reads the next batch. To find out whether an unavailable sink is back, one segment is enough:
   * preparing whole batches every few seconds would delay requests for nothing.
   */
  #read(stats: FlushStats, after: KvKey | null): Promise<TimedBatch> {
    const times = noTimes();
    const { kv, outbox } = this.#options;
    const limits = {
      maxSegments: this.#isSinkUnavailable ? 1 : MAX_SEGMENTS_PER_COMMIT,
      // One operation has to hold a copy of the batch for each kind of record.
      maxBytes: Math.floor(MAX_LINE_BYTES / Math.max(outbox.copies, 1)),
    };
    const reading = stats.time("readMs", { times }, () => readBatch(kv, after, limits))
      .then((batch) => ({ ...batch, times }));
    reading.catch(() => {}); // the caller awaits it, maybe after it has rejected
    return reading;
  }

  /** Makes the fenced commit: the events leave the buffer and enter the outbox together. */
  #commit(
    lease: Lease,
    stats: FlushStats,
    batch: TimedBatch,
    written: WriteResult & { ok: true },
  ): Promise<boolean> {
    const committing = stats.time("commitMs", batch, () => this.#commitBatch(lease, batch, written))
      .then((held) => {
        if (!held) return false;
        stats.add(batch, written);
        this.#options.onBatch?.({ events: batch.lines.length, ...batch.times });
        return true;
      });
    committing.catch(() => {}); // as above
    return committing;
  }

  async #commitBatch(
    lease: Lease,
    batch: Batch,
    written: WriteResult & { ok: true },
  ): Promise<boolean> {
    const unstored = [...written.replays, ...written.dead];
    await correctClaims(this.#options.kv, this.#options.clock, unstored);
    const dead = new Set(written.dead.map(({ eventId }) => eventId));
    await keepContexts(this.#options.kv, batch.lines, dead);
    const gone = new Set(unstored.map(({ eventId }) => eventId));
    const segments = gone.size === 0 ? merge(batch.segments) : packRows(batch.lines, gone);
    return await lease.commit((operation) => {
      for (const key of batch.keys) operation.delete(key);
      addToCounter(operation, "buffered", -batch.lines.length);
      addToCounter(operation, "stored", batch.lines.length - unstored.length);
      addToCounter(operation, "replays", written.replays.length);
      addToCounter(operation, "dead_letters", written.dead.length);
      if (batch.malformed > 0) operation.set(MISCOUNTED, true);
      if (dead.size > 0 && this.#options.keepsCopies?.()) {
        keepDead(operation, batch.lines, { dead, newId: this.#options.newId });
      }
      this.#options.outbox.add(operation, segments);
    });
  }

  /** Moves a segment that cannot be read out of the way. @returns false if the lease was lost */
  async #setAside(lease: Lease, { key, value, reason }: UnreadableSegment): Promise<boolean> {
    const id = readSegmentId(key);
    const note = { source: BUFFER, id, reason, at: this.#options.clock.now() };
    const events = estimateEvents(value);
    const held = await lease.commit((operation) =>
      setAside(operation.delete(key), { ...note, events }, value)
    );
    if (held) {
      logger.error(
        "A segment of about {events} events cannot be read: {reason}. It was set aside; " +
          '"deno task set-aside" shows it',
        { id, events, reason },
      );
    }
    return held;
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

/** Packs the lines of the events that became rows; a batch never exceeds one operation. */
function packRows(lines: readonly string[], gone: ReadonlySet<string>): Uint8Array[] {
  const rows = lines.filter((line) => !gone.has(eventIdOf(line)));
  const packed = pack(rows);
  if (countLines(packed) !== rows.length) {
    throw new Error("Cannot put a batch into the outbox in part");
  }
  return packed.map(({ bytes }) => bytes);
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
