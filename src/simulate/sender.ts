/** Sends traffic at a given rate and concurrency, for a given time. */

import { type Clock, pause } from "../clock.ts";
import type { HttpResponse } from "./responses.ts";
import type { RunStats } from "./run_stats.ts";
import type { PlannedRequest } from "./types.ts";

/** Sends one request; rejects if there is no response. */
export type Transport = (request: PlannedRequest, signal: AbortSignal) => Promise<HttpResponse>;

/** Options of `Sender`; times in milliseconds. */
export interface SenderOptions {
  readonly traffic: Iterator<PlannedRequest, never>;
  readonly transport: Transport;
  readonly stats: RunStats;
  readonly clock: Clock;
  /** High-resolution time in milliseconds, from an arbitrary origin. */
  readonly stopwatch: () => number;
  readonly eventsPerSecond: number;
  readonly durationMs: number;
  readonly concurrency: number;
  /** Ends the run early; requests in flight are still awaited. */
  readonly stop: AbortSignal;
}

/** How far the sender may fall behind a slow service and still catch up. */
const MAX_BEHIND_MS = 1_000;
const REQUEST_TIMEOUT_MS = 10_000;

/** Sends requests, paced by the events in them. */
export class Sender {
  readonly #options: SenderOptions;
  readonly #inFlight = new Map<number, Promise<void>>();
  #running = false;
  /** Wakes `run` when it waits for a request to complete. */
  #onComplete: () => void = () => {};

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /** The number of requests without a response yet. */
  get inFlight(): number {
    return this.#inFlight.size;
  }

  /** Sends until time is up or `stop` is aborted, then waits for the last responses. */
  async run(): Promise<void> {
    const { clock, traffic, eventsPerSecond, durationMs, concurrency, stop } = this.#options;
    if (this.#running) throw new Error("Cannot run a sender twice");
    this.#running = true;
    const end = clock.now() + durationMs;
    let due = clock.now();
    while (!stop.aborted) {
      const wait = Math.min(due, end) - clock.now();
      if (wait >= 1) await pause(clock, wait, stop);
      if (clock.now() >= end || stop.aborted) break;
      if (this.#inFlight.size >= concurrency) {
        await new Promise<void>((resolve) => this.#onComplete = resolve);
        continue;
      }
      const request = traffic.next().value;
      due = Math.max(due, clock.now() - MAX_BEHIND_MS);
      due += request.events.length * 1000 / eventsPerSecond;
      this.#start(request);
    }
    await Promise.all(this.#inFlight.values());
  }

  #start(request: PlannedRequest): void {
    const sent = this.#send(request).finally(() => {
      this.#inFlight.delete(request.id);
      this.#onComplete();
    });
    this.#inFlight.set(request.id, sent);
  }

  async #send(request: PlannedRequest): Promise<void> {
    const { transport, stats, clock, stopwatch } = this.#options;
    if (request.follows !== null) await this.#inFlight.get(request.follows);
    const timeout = new AbortController();
    const cancel = clock.after(REQUEST_TIMEOUT_MS, () => {
      timeout.abort(new Error(`timed out after ${REQUEST_TIMEOUT_MS / 1000} s`));
    });
    stats.recordSent(request);
    const startedAt = stopwatch();
    try {
      const response = await transport(request, timeout.signal);
      stats.recordResponse(request, response, stopwatch() - startedAt);
    } catch (error) {
      stats.recordFailure(request, error instanceof Error ? error.message : String(error));
    } finally {
      cancel();
    }
  }
}
