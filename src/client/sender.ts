/**
 * Empties the queue: batch after batch, each event leaving it on its own answer only.
 *
 * - idle: nothing waits, or a timer runs until there is enough company.
 * - running: batches go out, one at a time and in one tab at a time, until the queue is empty.
 * - backing off: something has to be sent again; a timer with full jitter runs, longer each time, and
 *   never shorter than the service asked for by `Retry-After`.
 */

import type { Page } from "./page.ts";
import type { Queue } from "./queue.ts";
import type { IsHeld, QueueRecord } from "./record.ts";
import { sendBatch, type Wire } from "./request.ts";
import { exclusively } from "./send_lock.ts";
import type { Rejection } from "./types.ts";

/** What a sender is made of. */
export interface SenderOptions {
  readonly page: Page;
  readonly queue: Queue;
  readonly wire: Wire;
  /** Aborted, nothing is sent any more. */
  readonly life: AbortSignal;
  readonly isHeld: IsHeld;
  readonly onRejected: (rejection: Rejection) => void;
  /** Told when sending begins and ends. */
  readonly onSending: (sending: boolean) => void;
}

/** Sends the queue. */
export interface Sender {
  /** Sends within `ms`; while backing off, when that is over. */
  wake(ms: number): void;
  /**
   * Sends now, backing off or not, unless the service asked to wait. Resolves when that has ended:
   * with false where something has to be sent again later.
   */
  drain(): Promise<boolean>;
  /** Ends backing off, as when the network is back. */
  resume(): void;
  /** Gives up what is under way, and the timer. */
  cancel(): void;
}

const MAX_BATCH = 50;
const RETRY_MS = 1_000;
const MAX_RETRY_MS = 300_000;

/** Makes a sender. */
export function createSender(options: SenderOptions): Sender {
  const { page, queue, wire, life, onSending } = options;
  let stop = new AbortController();
  let running: Promise<boolean> | null = null;
  let timer = 0;
  /** When the timer rings. */
  let dueAt = Infinity;
  /** Backing off until. */
  let retryAt = 0;
  /** The service asked to wait until. */
  let closedUntil = 0;
  let failures = 0;
  let limit = MAX_BATCH;
  /** Ids of records that went alone and got no answer, the last one at the end: the others go first. */
  let suspects: readonly string[] = [];

  function clear(): void {
    page.clearTimeout(timer);
    dueAt = Infinity;
  }

  function wake(ms: number): void {
    const now = page.Date.now();
    const at = Math.max(now + ms, retryAt);
    if (at >= dueAt || life.aborted) return;
    clear();
    dueAt = at;
    timer = page.setTimeout(drain, at - now);
  }

  async function drain(): Promise<boolean> {
    clear();
    if (page.Date.now() < closedUntil) wake(0);
    else if (!life.aborted) return await (running ??= run());
    return false;
  }

  async function run(): Promise<boolean> {
    const { signal } = stop;
    let done = false;
    onSending(true);
    try {
      await exclusively(page, wire.base, async () => {
        while (!(done = await sendOne(signal)) && !failures);
      });
    } catch {
      backOff(0); // storage or locks that fail
    }
    running = null;
    onSending(false);
    const leavesSome = !done || [...queue.mine.values()].some((record) => !options.isHeld(record));
    if (leavesSome && !signal.aborted) wake(RETRY_MS);
    return done;
  }

  /** Sends a batch; true where there is none. */
  async function sendOne(signal: AbortSignal): Promise<boolean> {
    const rank = ({ id }: QueueRecord) => suspects.indexOf(id);
    const waiting = (await queue.read()).filter((record) => !options.isHeld(record))
      .sort((a, b) => rank(a) - rank(b));
    const [first] = waiting;
    const batch = waiting.filter((record) =>
      record === first || record.by === first?.by && rank(record) < 0
    ).slice(0, limit);
    if (!first || signal.aborted) return true;
    const { answers, status, next, waitMs } = await sendBatch(wire, batch, signal);
    if (signal.aborted) return true;
    if (next === "back off") {
      backOff(waitMs);
      if (!batch[1]) suspects = [...suspects.filter((id) => id !== first.id), first.id];
    } else failures = retryAt = 0;
    // After no answer too: what a proxy finds too much, another origin's page cannot tell from that.
    limit = next === "go on" ? Math.min(limit * 2, MAX_BATCH) : Math.ceil(batch.length / 2);
    await queue.settle(batch.filter((_, i) => answers[i]?.data), "sent");
    for (const [i, record] of batch.entries()) {
      const error = answers[i]?.error;
      if (!error) continue;
      await queue.settle([record], "rejected");
      options.onRejected({ event: record.event, status, error });
    }
    return false;
  }

  function backOff(waitMs: number): void {
    const now = page.Date.now();
    const most = Math.min(MAX_RETRY_MS, RETRY_MS * 2 ** failures++);
    closedUntil = now + waitMs;
    retryAt = Math.max(closedUntil, now + page.Math.random() * most);
  }

  return {
    wake,
    drain,
    resume() {
      retryAt = closedUntil;
      wake(0);
    },
    cancel() {
      clear();
      stop.abort();
      stop = new AbortController();
    },
  };
}
