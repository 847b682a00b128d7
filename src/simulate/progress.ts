/** How the run goes, while it goes. */

import type { Clock } from "../clock.ts";
import type { Tally } from "./tally.ts";

/** Somewhere to write for people. */
export interface Screen {
  write(text: string): void;
  /** Whether a line can be written over. */
  readonly isTerminal: boolean;
  readonly colour: boolean;
}

/** What progress looks at. */
export interface ProgressOptions {
  readonly clock: Clock;
  readonly screen: Screen;
  readonly tally: Tally;
  readonly underway: () => number;
  readonly seconds: number;
}

const SECOND_MS = 1_000;
/** Seconds between lines where they cannot be written over. */
const PLAIN_EVERY = 5;
const ERASE = "\r\x1b[2K";

/** A line each second, rewritten in place in a terminal; elsewhere one each five seconds. */
export class Progress implements Disposable {
  readonly #options: ProgressOptions;
  #cancel: () => void = () => {};
  #second = 0;
  #events = 0;

  constructor(options: ProgressOptions) {
    this.#options = options;
    this.#await();
  }

  [Symbol.dispose](): void {
    this.#cancel();
    const { screen } = this.#options;
    if (screen.isTerminal) screen.write(ERASE);
  }

  #await(): void {
    this.#cancel = this.#options.clock.after(SECOND_MS, () => {
      this.#tick();
      this.#await();
    });
  }

  #tick(): void {
    const { screen } = this.#options;
    this.#second++;
    if (screen.isTerminal) screen.write(ERASE + this.#line(1));
    else if (this.#second % PLAIN_EVERY === 0) screen.write(`${this.#line(PLAIN_EVERY)}\n`);
  }

  #line(sinceSeconds: number): string {
    const { tally, underway, seconds, screen } = this.#options;
    const rate = Math.round((tally.events - this.#events) / sinceSeconds);
    this.#events = tally.events;
    const wrong = `${tally.unexpected} unexpected`;
    const paint = screen.colour ? (tally.unexpected > 0 ? 31 : 32) : null;
    return [
      `${this.#second}/${seconds} s`,
      `${tally.events} events`,
      `${rate}/s`,
      `p95 ${tally.latency.percentile(0.95).toFixed(1)} ms`,
      `${underway()} under way`,
      ...(tally.turnedAway > 0 ? [`${tally.turnedAway} turned away`] : []),
      paint === null ? wrong : `\x1b[${paint}m${wrong}\x1b[39m`,
    ].join("  ");
  }
}
