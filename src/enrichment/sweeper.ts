/** Sweeps the outbox, one sweep at a time in this process. */

import type { EnrichmentWorker } from "./worker.ts";

/** What a sweeper is made of. */
export interface SweeperOptions {
  readonly worker: Pick<EnrichmentWorker, "sweep">;
  readonly enabled: boolean;
  /** No sweep is begun once it is aborted. */
  readonly stop: AbortSignal;
}

/** Begins sweeps; what is asked for during one is done right after it. */
export class Sweeper {
  readonly #options: SweeperOptions;
  #sweeping: Promise<void> | null = null;
  #again = false;

  constructor(options: SweeperOptions) {
    this.#options = options;
  }

  /** Asks for a sweep of the records that are at least `minAgeMs` old. */
  ask(minAgeMs = 0): void {
    const { worker, enabled, stop } = this.#options;
    if (!enabled || stop.aborted) return;
    if (this.#sweeping !== null) {
      this.#again = true;
      return;
    }
    this.#sweeping = worker.sweep(stop, minAgeMs).finally(() => {
      this.#sweeping = null;
      if (!this.#again) return;
      this.#again = false;
      this.ask();
    });
  }

  /** Resolves when the sweep that runs, if any, has ended. */
  async settled(): Promise<void> {
    await this.#sweeping;
  }
}
