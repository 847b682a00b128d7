/** Sends traffic at a rate, never more at once than allowed, for as long as told. */

import { type Clock, pause } from "../clock.ts";
import type { HttpAnswer } from "./answers.ts";
import type { Tally } from "./tally.ts";
import type { PlannedRequest } from "./types.ts";

/** Sends one request. Rejects where no answer comes. */
export type Transport = (request: PlannedRequest, signal: AbortSignal) => Promise<HttpAnswer>;

/** How to send. */
export interface SenderOptions {
  readonly traffic: Iterator<PlannedRequest, never>;
  readonly transport: Transport;
  readonly tally: Tally;
  readonly clock: Clock;
  /** Milliseconds from any moment on, finely. */
  readonly stopwatch: () => number;
  readonly eventsPerSecond: number;
  readonly durationMs: number;
  readonly concurrency: number;
  /** Ends the run early; what is under way is waited for. */
  readonly stop: AbortSignal;
}

/** What a slow service makes us miss is made up for, but no more than this. */
const MAX_DEBT_MS = 1_000;
const REQUEST_TIMEOUT_MS = 10_000;

/** Paces requests by the events in them. */
export class Sender {
  readonly #options: SenderOptions;
  readonly #underway = new Map<number, Promise<void>>();
  #running = false;
  /** Wakes the run where it waits for a request to end. */
  #freed: () => void = () => {};

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /** Requests without an answer yet. */
  get underway(): number {
    return this.#underway.size;
  }

  /** Sends until time is up or `stop` is called for, and waits for the last answers. */
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
      if (this.#underway.size >= concurrency) {
        await new Promise<void>((resolve) => this.#freed = resolve);
        continue;
      }
      const request = traffic.next().value;
      due = Math.max(due, clock.now() - MAX_DEBT_MS);
      due += request.events.length * 1000 / eventsPerSecond;
      this.#start(request);
    }
    await Promise.all(this.#underway.values());
  }

  #start(request: PlannedRequest): void {
    const sent = this.#send(request).finally(() => {
      this.#underway.delete(request.id);
      this.#freed();
    });
    this.#underway.set(request.id, sent);
  }

  async #send(request: PlannedRequest): Promise<void> {
    const { transport, tally, clock, stopwatch } = this.#options;
    if (request.follows !== null) await this.#underway.get(request.follows);
    const patience = new AbortController();
    const cancel = clock.after(REQUEST_TIMEOUT_MS, () => {
      patience.abort(new Error(`none within ${REQUEST_TIMEOUT_MS / 1000} s`));
    });
    tally.sent(request);
    const startedAt = stopwatch();
    try {
      const answer = await transport(request, patience.signal);
      tally.answered(request, answer, stopwatch() - startedAt);
    } catch (error) {
      tally.failed(request, error instanceof Error ? error.message : String(error));
    } finally {
      cancel();
    }
  }
}
