/**
 * Empties the queue batch by batch; each event leaves it on its own result only.
 *
 * - idle: nothing is queued, or a timer runs until the next batch is due.
 * - running: batches go out, one at a time and in one tab at a time, until the queue is empty.
 * - backing off: something has to be sent again; a timer with full jitter runs, longer each time, and
 *   never shorter than the service's `Retry-After`.
 */

import type { Page } from "./page.ts";
import type { QueueRecord } from "./record.ts";
import { BACK_OFF, CONTINUE, report, sendBatch, type SendContext } from "./request.ts";
import { exclusively } from "./send_lock.ts";

/** Sends the queue. */
export interface Sender {
  /** Sends within `ms`, or when backing off ends if that is later. */
  _schedule(ms: number): void;
  /**
   * Sends now, even while backing off, but not before the end of a `Retry-After`. Resolves when done:
   * to false if something has to be sent again later.
   */
  _drain(): Promise<boolean> | false;
  /** Ends backing off, for example when the network is back. */
  _resume(): void;
  /** Aborts the request in flight and clears the timer. */
  _cancel(): void;
}

const MAX_BATCH = 50;
const RETRY_MS = 1_000;
const MAX_RETRY_MS = 300_000;

/** Creates an idle sender. */
export function createSender(page: Page, context: SendContext): Sender {
  let running: Promise<boolean> | null = null;
  let timer = 0;
  /** When the timer fires. */
  let dueAt = Infinity;
  /** When backing off ends. */
  let retryAt = 0;
  /** When the service's `Retry-After` ends. */
  let closedUntil = 0;
  let failures = 0;
  let limit = MAX_BATCH;
  /** Ids of records that were sent alone without a result, the latest at the end: others go first. */
  let suspects: readonly string[] = [];

  function clear(): void {
    page.clearTimeout(timer);
    dueAt = Infinity;
  }

  function schedule(ms: number): void {
    const now = page.Date.now();
    const at = Math.max(now + ms, retryAt);
    if (at >= dueAt || context._lifetime.aborted) return;
    clear();
    dueAt = at;
    timer = page.setTimeout(drain, at - now);
  }

  function drain(): Promise<boolean> | false {
    clear();
    if (page.Date.now() < closedUntil) schedule(0);
    else if (!context._lifetime.aborted && !context._consent._choice()) return running ??= run();
    return false;
  }

  async function run(): Promise<boolean> {
    let done = false;
    context._isCancelled = false;
    context._status._update({ sending: true });
    try {
      await exclusively(page, context._base, async () => {
        while (!(done = await sendOne()) && !failures);
      });
    } catch {
      backOff(0); // storage or locks failed
    }
    running = null;
    context._status._update({ sending: false });
    const hasMore = !done || [...context._queue._pending.values()].some(context._identity._isDue);
    if (hasMore && !context._isCancelled) schedule(RETRY_MS);
    return done;
  }

  /** Sends a batch; returns true if there is none. */
  async function sendOne(): Promise<boolean> {
    const rank = ({ id }: QueueRecord) => suspects.indexOf(id);
    const records = (await context._queue._read()).filter(context._identity._isDue)
      .sort((a, b) => rank(a) - rank(b));
    const [first] = records;
    if (!first || context._isCancelled || context._consent._choice()) return true;
    const batch = records.filter((record) =>
      record === first || record.by === first.by && rank(record) < 0
    ).slice(0, limit);
    const [results, status, next, waitMs] = await sendBatch(page, context, batch);
    if (context._isCancelled) return true;
    if (next === BACK_OFF) {
      backOff(waitMs);
      if (!batch[1]) suspects = [...suspects.filter((id) => id !== first.id), first.id];
    } else failures = retryAt = 0;
    // Halved without a response too: a proxy's 413 has no CORS headers and looks like a network error.
    limit = next === CONTINUE ? Math.min(limit * 2, MAX_BATCH) : Math.ceil(batch.length / 2);
    await context._queue._settle(batch.filter((_, i) => results[i]?.data), "sent");
    for (const [i, record] of batch.entries()) {
      const error = results[i]?.error;
      if (!error) continue;
      await context._queue._settle([record], "rejected");
      report(context, { event: record.event, status, error });
    }
    return false;
  }

  function backOff(waitMs: number): void {
    const now = page.Date.now();
    const maxMs = Math.min(MAX_RETRY_MS, RETRY_MS * 2 ** failures++);
    closedUntil = now + waitMs;
    retryAt = Math.max(closedUntil, now + page.Math.random() * maxMs);
  }

  return {
    _schedule: schedule,
    _drain: drain,
    _resume() {
      retryAt = closedUntil;
      schedule(0);
    },
    _cancel() {
      clear();
      context._isCancelled = true;
      context._abort?.();
    },
  };
}
