/** Shows the progress of a run. */

import type { Clock } from "../clock.ts";
import type { RunStats } from "./run_stats.ts";

/** Where progress is written. */
export interface Screen {
  write(text: string): void;
  /** Whether a line can be overwritten. */
  readonly isTerminal: boolean;
  readonly colour: boolean;
}

/** Options of `Progress`. */
export interface ProgressOptions {
  readonly clock: Clock;
  readonly screen: Screen;
  readonly stats: RunStats;
  readonly inFlight: () => number;
  /** The duration of the run. */
  readonly seconds: number;
}

const SECOND_MS = 1_000;
/** Seconds between lines when they cannot be overwritten. */
const PLAIN_INTERVAL = 5;
const ERASE = "\r\x1b[2K";

/** Writes a line every second, in place, in a terminal; otherwise one every five seconds. */
export class Progress implements Disposable {
  readonly #options: ProgressOptions;
  #cancel: () => void = () => {};
  #second = 0;
  #events = 0;

  constructor(options: ProgressOptions) {
    this.#options = options;
    this.#schedule();
  }

  [Symbol.dispose](): void {
    this.#cancel();
    const { screen } = this.#options;
    if (screen.isTerminal) screen.write(ERASE);
  }

  #schedule(): void {
    this.#cancel = this.#options.clock.after(SECOND_MS, () => {
      this.#tick();
      this.#schedule();
    });
  }

  #tick(): void {
    const { screen } = this.#options;
    this.#second++;
    if (screen.isTerminal) screen.write(ERASE + this.#line(1));
    else if (this.#second % PLAIN_INTERVAL === 0) screen.write(`${this.#line(PLAIN_INTERVAL)}\n`);
  }

  #line(sinceSeconds: number): string {
    const { stats, inFlight, seconds, screen } = this.#options;
    const rate = Math.round((stats.events - this.#events) / sinceSeconds);
    this.#events = stats.events;
    const mismatches = `${stats.mismatches} unexpected`;
    const colour = screen.colour ? (stats.mismatches > 0 ? 31 : 32) : null;
    return [
      `${this.#second}/${seconds} s`,
      `${stats.events} events`,
      `${rate}/s`,
      `p95 ${stats.latency.percentile(0.95).toFixed(1)} ms`,
      `${inFlight()} in flight`,
      ...(stats.notStored > 0 ? [`${stats.notStored} not stored`] : []),
      colour === null ? mismatches : `\x1b[${colour}m${mismatches}\x1b[39m`,
    ].join("  ");
  }
}
