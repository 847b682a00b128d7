/**
 * The steps of one flush, under the lease. Each inserts a batch, then makes one fenced commit that deletes
 * the segments, updates the counters and adds outbox records. After a crash before the insert, nothing has
 * happened. After one between insert and commit, the same events are inserted again, which changes nothing.
 */

import { pause } from "../clock.ts";
import { readTrace } from "../events/line.ts";
import type { WriteResult } from "../events/sink.ts";
import { MAX_LINE_BYTES, MAX_SEGMENTS_PER_COMMIT } from "../kv/limits.ts";
import type { KvKey } from "../kv/port.ts";
import { correctMiscount } from "../kv/set_aside.ts";
import type { Task } from "../tracing.ts";
import { type Batch, readBatch } from "./batch.ts";
import { commitBatch, setSegmentAside } from "./commit.ts";
import type { Lease } from "./lease.ts";
import { type FlushStats, noTimes, type PartTimes } from "./stats.ts";
import type { FlusherOptions, FlushReport } from "./types.ts";

/** A flush ends after this time, so that a busy service reports regularly; the next one follows at once. */
const MAX_FLUSH_MS = 10_000;

/**
 * How long a small batch waits to grow, except the first one. Under load a flush would otherwise spend a
 * commit and a statement on every few dozen events.
 */
const LINGER_MS = 100;

/** The flush that is running, and whether Postgres was there at the last write, which outlasts it. */
export interface DrainContext {
  readonly options: FlusherOptions;
  readonly lease: Lease;
  readonly stats: FlushStats;
  readonly sinkState: SinkState;
}

/** Whether the last write to the sink failed, whatever the events. */
export interface SinkState {
  isUnavailable: boolean;
}

/** A batch and its timings so far. */
interface TimedBatch extends Batch {
  readonly times: PartTimes;
}

/** The end of a flush. */
export interface Ending {
  readonly result: FlushReport["result"];
  readonly reason?: string;
}

const FENCED: Ending = { result: "fenced", reason: "the lease was lost" };

/**
 * Moves batches until the buffer is empty. While one is inserted, the next one is read and the former one
 * is committed, so Postgres and KV do not wait for each other. At most two inserts are ahead of their
 * commits, to be repeated after a crash.
 */
export async function drain(context: DrainContext, task: Task, stop: AbortSignal): Promise<Ending> {
  const { options, lease, stats, sinkState } = context;
  let after: KvKey | null = null;
  let reading = read(context, after);
  const isAwaited = stats.trigger === "forced" || stats.trigger === "shutdown";
  let mayLinger = false;
  let fromStart = true;
  let isOpen = false;
  let committing = Promise.resolve(true);
  try {
    while (!stop.aborted && stats.elapsedMs < MAX_FLUSH_MS) {
      let batch = await reading;
      if (mayLinger && batch.keys.length > 0 && !batch.full) {
        await pause(options.clock, LINGER_MS, stop);
        batch = await read(context, after);
      }
      if (batch.unreadable !== null) {
        if (!await committing || !await setSegmentAside(options, lease, batch.unreadable)) {
          return FENCED;
        }
        reading = read(context, after);
        continue;
      }
      mayLinger = !isAwaited;
      const last = batch.keys.at(-1);
      if (last === undefined) {
        if (!await committing) return FENCED;
        if (fromStart) {
          await correctMiscount(options.kv);
          return { result: "drained" };
        }
      }
      // Nothing follows the last segment, but clocks differ: a new segment may sort before it.
      fromStart = last === undefined;
      after = last ?? null;
      const wasUnavailable = sinkState.isUnavailable;
      if (!wasUnavailable || last === undefined) reading = read(context, after);
      if (last === undefined) continue;
      task.linkTo(batch.lines.values().map(readTrace));
      if (!isOpen) await options.beforeInserts?.();
      isOpen = true;
      const written = await stats.time("insertMs", batch, () => options.sink.write(batch.lines));
      sinkState.isUnavailable = !written.ok && written.doubtful !== true;
      if (!await committing) return FENCED;
      if (!written.ok) return { result: "unavailable", reason: written.reason };
      if (wasUnavailable) reading = read(context, after);
      committing = commit(context, batch, written);
    }
    return await committing ? { result: "stopped" } : FENCED;
  } finally {
    await Promise.allSettled([reading, committing]);
  }
}

/**
 * Reads the next batch. To find out whether an unavailable sink is back, one segment is enough: preparing
 * whole batches every few seconds would delay requests for nothing.
 */
function read(
  { options: { kv, outbox, segmentsPerRead }, stats, sinkState }: DrainContext,
  after: KvKey | null,
): Promise<TimedBatch> {
  const times = noTimes();
  const limits = {
    maxSegments: sinkState.isUnavailable ? 1 : MAX_SEGMENTS_PER_COMMIT,
    // One operation has to hold a copy of the batch for each kind of record.
    maxBytes: Math.floor(MAX_LINE_BYTES / Math.max(outbox.copies, 1)),
    segmentsPerRead,
  };
  const reading = stats.time("readMs", { times }, () => readBatch(kv, after, limits))
    .then((batch) => ({ ...batch, times }));
  reading.catch(() => {}); // the caller awaits it, maybe after it has rejected
  return reading;
}

/** Commits a batch that was written, and counts it. */
function commit(
  { options, lease, stats }: DrainContext,
  batch: TimedBatch,
  written: WriteResult & { ok: true },
): Promise<boolean> {
  const committing = stats.time(
    "commitMs",
    batch,
    () => commitBatch(options, lease, batch, written),
  ).then((held) => {
    if (!held) return false;
    stats.add(batch, written);
    options.onBatch?.({ events: batch.lines.length, ...batch.times });
    return true;
  });
  committing.catch(() => {}); // as above
  return committing;
}
