/** Estimates how long a new event would wait for its commit, to reject it rather than let it wait (contract 2.8). */

import type { Clock } from "../clock.ts";

/** Options of `CommitWait`. */
export interface CommitWaitOptions {
  readonly clock: Pick<Clock, "monotonic">;
  /** The longest expected wait, in milliseconds (`MAX_COMMIT_WAIT_MS`). */
  readonly maxWaitMs: number;
  /** Events of the largest group. */
  readonly groupSize: number;
}

/** Groups whose durations are remembered. Their median follows the load, and ignores a stall. */
const REMEMBERED = 9;

/** The recent groups: how many events leave with one, and how long its commit takes. */
export class CommitWait {
  readonly #options: CommitWaitOptions;
  /** Durations of the last groups in milliseconds, the oldest first. */
  readonly #durations: number[] = [];
  #medianMs = 0;
  #eventsPerGroup: number;
  /** When the current commit started, on the monotonic clock. */
  #startedAt: number | null = null;

  constructor(options: CommitWaitOptions) {
    this.#options = options;
    this.#eventsPerGroup = options.groupSize;
  }

  /** Call it with the events that leave with a group, and those that have to wait for the next. */
  onStart(leaving: number, left: number): void {
    this.#startedAt = this.#options.clock.monotonic();
    // A group that takes everything says nothing about how many it could take.
    this.#eventsPerGroup = left > 0 ? Math.max(leaving, 1) : this.#options.groupSize;
  }

  /** Call it when the commit of the group ended. Returns its duration in milliseconds. */
  onEnd(): number {
    const now = this.#options.clock.monotonic();
    const ms = now - (this.#startedAt ?? now);
    this.#startedAt = null;
    this.#durations.push(ms);
    if (this.#durations.length > REMEMBERED) this.#durations.shift();
    const sorted = this.#durations.toSorted((a, b) => a - b);
    this.#medianMs = sorted[sorted.length >> 1] ?? 0;
    return ms;
  }

  /** Events committed per second while more of them wait than a group takes. */
  get perSecond(): number {
    return this.#eventsPerGroup / Math.max(this.#medianMs, 1) * 1000;
  }

  /**
   * Returns by how many seconds the expected wait behind `waiting` events is too long, `null` if it is
   * not. An event that fits into the next group is never turned away, however long the commit before it.
   */
  excessSeconds(waiting: number): number | null {
    if (waiting < this.#eventsPerGroup) return null;
    const groups = Math.ceil((waiting + 1) / this.#eventsPerGroup);
    const { clock, maxWaitMs } = this.#options;
    const running = this.#startedAt === null ? 0 : clock.monotonic() - this.#startedAt;
    const excess = running + groups * this.#medianMs - maxWaitMs;
    return excess > 0 ? excess / 1000 : null;
  }
}
