/** Estimates how long a new event would wait for its commit, to reject it rather than let it wait (contract 2.8). */

import type { Clock } from "../clock.ts";
import type { KvLimits } from "../kv/limits.ts";

/** Options of `CommitWait`. */
export interface CommitWaitOptions {
  readonly clock: Pick<Clock, "monotonic">;
  /** The longest expected wait, in milliseconds (`MAX_COMMIT_WAIT_MS`). */
  readonly maxWaitMs: number;
  readonly limits: Pick<KvLimits, "groupSize" | "commitsInFlight">;
}

/**
 * Groups whose durations are remembered, for each commit that may be in flight. Their median follows the
 * load, and ignores a stall, which all commits in flight share.
 */
const REMEMBERED = 9;

/** The recent groups: how many events leave with one, and how long its commit takes. */
export class CommitWait {
  readonly #options: CommitWaitOptions;
  /** Durations of the last groups in milliseconds, the oldest first. */
  readonly #durations: number[] = [];
  #medianMs = 0;
  #eventsPerGroup: number;
  #inFlight = 0;
  /** When the last commit started, on the monotonic clock. */
  #startedAt = 0;

  constructor(options: CommitWaitOptions) {
    this.#options = options;
    this.#eventsPerGroup = options.limits.groupSize;
  }

  /**
   * Call it with the events that leave with a group, and those that have to wait for the next.
   *
   * @returns what to call `onEnd` with
   */
  onStart(leaving: number, left: number): number {
    this.#inFlight += 1;
    this.#startedAt = this.#options.clock.monotonic();
    // A group that takes everything says nothing about how many it could take.
    this.#eventsPerGroup = left > 0 ? Math.max(leaving, 1) : this.#options.limits.groupSize;
    return this.#startedAt;
  }

  /** Call it when the commit of a group ended. Returns its duration in milliseconds. */
  onEnd(startedAt: number): number {
    this.#inFlight -= 1;
    const ms = this.#options.clock.monotonic() - startedAt;
    this.#durations.push(ms);
    if (this.#durations.length > REMEMBERED * this.#options.limits.commitsInFlight) {
      this.#durations.shift();
    }
    const sorted = this.#durations.toSorted((a, b) => a - b);
    this.#medianMs = sorted[sorted.length >> 1] ?? 0;
    return ms;
  }

  /** Events committed per second while more of them wait than a group takes. */
  get perSecond(): number {
    const { commitsInFlight } = this.#options.limits;
    return commitsInFlight * this.#eventsPerGroup / Math.max(this.#medianMs, 1) * 1000;
  }

  /**
   * Returns by how many seconds the expected wait behind `waiting` events is too long, `null` if it is
   * not. An event that fits into the next group is never turned away, however long the commits before it.
   */
  excessSeconds(waiting: number): number | null {
    if (waiting < this.#eventsPerGroup) return null;
    const { clock, maxWaitMs, limits: { commitsInFlight } } = this.#options;
    const groupsBefore = Math.floor(waiting / this.#eventsPerGroup);
    const isBusy = this.#inFlight >= commitsInFlight;
    const sinceStart = isBusy ? clock.monotonic() - this.#startedAt : 0;
    const expected = sinceStart + (groupsBefore / commitsInFlight + 1) * this.#medianMs;
    return expected > maxWaitMs ? (expected - maxWaitMs) / 1000 : null;
  }
}
