/** Runs the sweeps of one kind, one at a time in this process. */

import type { Sweep } from "./sweep.ts";

/** Options of `Sweeper`. */
export interface SweeperOptions {
  readonly sweep: Pick<Sweep, "run" | "settled">;
  /** Where false, records wait until a process that has it enabled sweeps them. */
  readonly enabled: boolean;
  /** No sweep begins after it is aborted. */
  readonly stop: AbortSignal;
}

/** Starts a sweep on request; a request during a sweep starts another right after it. */
export class Sweeper {
  readonly #options: SweeperOptions;
  #sweeping: Promise<void> | null = null;
  #again = false;

  constructor(options: SweeperOptions) {
    this.#options = options;
  }

  /** Requests a sweep of the records that are at least `minAgeMs` old. */
  requestSweep(minAgeMs = 0): void {
    const { sweep, enabled, stop } = this.#options;
    if (!enabled || stop.aborted) return;
    if (this.#sweeping !== null) {
      this.#again = true;
      return;
    }
    this.#sweeping = sweep.run(stop, minAgeMs).finally(() => {
      this.#sweeping = null;
      if (!this.#again) return;
      this.#again = false;
      this.requestSweep();
    });
  }

  /** Sweeps all records at shutdown, once the running sweep has ended, until `deadline` is aborted. */
  async drain(deadline: AbortSignal): Promise<void> {
    const { sweep, enabled } = this.#options;
    await this.#sweeping;
    if (enabled && !deadline.aborted) await sweep.run(deadline);
  }

  /** Resolves when the running sweep, if any, has ended. */
  async settled(): Promise<void> {
    await this.#sweeping;
    await this.#options.sweep.settled();
  }
}
