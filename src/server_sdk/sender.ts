/**
 * Empties the queue batch by batch, one request at a time; each event leaves it on its own result only.
 *
 * - idle: nothing is queued, or a timer runs until the next batch is due.
 * - sending: batches go out until the queue is empty.
 * - backing off: something has to be sent again; a timer with full jitter runs, longer each time, and
 *   never shorter than the service's `Retry-After`.
 * - stopped: the service does not accept the key; tried again now and then, as keys come and go.
 */

import type { Clock } from "../clock.ts";
import { BackOff } from "./back_off.ts";
import type { Queue, Taken } from "./queue.ts";
import { type BatchOutcome, type RequestContext, sendBatch } from "./request.ts";
import { Suspects } from "./suspects.ts";

/** Is told what became of events. */
export interface SenderListener {
  /** The service acknowledged events. */
  onSent(taken: readonly Taken[]): void;
  /** The service rejected an event for good. */
  onRejected(taken: Taken, reason: string, status: number): void;
  /** A request did not succeed; `isStopped` if the key is not accepted. */
  onProblem(reason: string, status: number, isStopped: boolean): void;
  /** A request succeeded. */
  onSuccess(): void;
}

/** What sending needs. */
export interface SenderOptions {
  readonly request: RequestContext;
  readonly queue: Queue;
  readonly clock: Pick<Clock, "monotonic" | "after">;
  readonly random: () => number;
  readonly batchSize: number;
  readonly listener: SenderListener;
}

/** Longer bodies may be slowed down (contract 2.19). */
const MAX_BATCH_BYTES = 60_000;
const STOPPED_MS = 60_000;
const MIN_PAUSE_MS = 10;

/** Sends the queue. */
export class Sender {
  readonly #options: SenderOptions;
  #stepping: Promise<boolean> | null = null;
  #cancelTimer = () => {};
  #dueAt = Infinity;
  readonly #backOff: BackOff;
  #limit: number;
  readonly #suspects = new Suspects();
  readonly #lifetime = new AbortController();

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#backOff = new BackOff(options.random);
    this.#limit = options.batchSize;
  }

  /** Sends within `ms`, or when backing off ends if that is later. */
  schedule(ms: number): void {
    const now = this.#options.clock.monotonic();
    const at = Math.max(now + ms, this.#backOff.retryAt);
    if (at >= this.#dueAt || this.#lifetime.signal.aborted) return;
    this.#clearTimer();
    this.#dueAt = at;
    this.#cancelTimer = this.#options.clock.after(at - now, () => {
      this.#dueAt = Infinity;
      this.#run();
    });
  }

  /** After how many milliseconds what is queued should be tried again. */
  get pauseMs(): number {
    const now = this.#options.clock.monotonic();
    const { retryAt } = this.#backOff;
    const at = retryAt > now ? retryAt : this.#suspects.dueAt ?? now;
    return Math.max(MIN_PAUSE_MS, at - now);
  }

  /** Sends nothing any more; resolves when the request in flight has ended or was cut off. */
  async close(): Promise<void> {
    this.#clearTimer();
    this.#lifetime.abort(new Error("shut down"));
    await this.#stepping;
  }

  /**
   * Sends one batch, even while backing off, but not before the end of a `Retry-After`. Resolves to
   * whether to go on: false if the queue is empty, or something has to be sent again later.
   */
  step(): Promise<boolean> {
    return this.#stepping ??= this.#sendOne().finally(() => this.#stepping = null);
  }

  #clearTimer(): void {
    this.#cancelTimer();
    this.#dueAt = Infinity;
  }

  async #run(): Promise<void> {
    while (await this.step());
    if (!this.#options.queue.isEmpty) this.schedule(this.pauseMs);
  }

  async #sendOne(): Promise<boolean> {
    const { queue, clock, request } = this.#options;
    if (clock.monotonic() < this.#backOff.closedUntil || this.#lifetime.signal.aborted) {
      return false;
    }
    const batch = await queue.take(this.#limit, MAX_BATCH_BYTES, this.#suspects.ids);
    const [first] = batch;
    if (first === undefined) return false;
    const isSuspect = this.#suspects.ids.has(first.record.id);
    if (isSuspect && clock.monotonic() < (this.#suspects.dueAt ?? 0)) return false;
    const outcome = await sendBatch(
      request,
      batch.map(({ record }) => record),
      this.#lifetime.signal,
    );
    await this.#settle(batch, outcome);
    if (this.#lifetime.signal.aborted) return false;
    return this.#plan(batch, outcome);
  }

  async #settle(batch: readonly Taken[], { results, status }: BatchOutcome): Promise<void> {
    const { queue, listener } = this.#options;
    const settled = batch.filter((_, i) => results[i] !== "again");
    this.#suspects.clearIfAny(settled.map(({ record }) => record.id));
    await queue.settle(settled, this.#suspects.ids);
    listener.onSent(batch.filter((_, i) => results[i] === "sent"));
    for (const [i, taken] of batch.entries()) {
      const result = results[i];
      if (typeof result === "object") listener.onRejected(taken, result.error, status);
    }
  }

  /** Decides when and how much to send next. */
  #plan(batch: readonly Taken[], { next, waitMs, status, message }: BatchOutcome): boolean {
    const { batchSize, listener, clock } = this.#options;
    if (next === "continue") {
      this.#backOff.end();
      this.#limit = Math.min(batchSize, this.#limit * 2);
      listener.onSuccess();
      return true;
    }
    if (next === "split" || next === "isolate") this.#limit = Math.ceil(batch.length / 2);
    if (next === "split") return true;
    const now = clock.monotonic();
    const pause = next === "stop" ? STOPPED_MS : this.#backOff.nextPause();
    const [first] = batch;
    if (next === "isolate" && batch.length === 1 && first) {
      const isKnown = this.#suspects.add(first.record.id, now + pause);
      if (isKnown) return false; // others need not wait for it
    }
    this.#backOff.pause(now, pause, waitMs);
    listener.onProblem(message, status, next === "stop");
    return false;
  }
}
