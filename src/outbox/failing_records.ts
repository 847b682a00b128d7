/**
 * The records that failed in this process, and when each is tried again. Whether it is the record's fault
 * shows in the others: only if some were processed since its last attempt does another failure count.
 */

import type { Clock } from "../clock.ts";
import type { KvKey } from "../kv/port.ts";

/** A record that failed. */
export interface Failing<Keyed extends { readonly key: KvKey }> {
  readonly record: Keyed;
  /** Failures that count. */
  failures: number;
  /** By the monotonic clock. */
  retryAt: number;
  /** The progress at its last attempt. */
  progress: number;
}

/** What to do after another failure. */
export type AfterFailure = "wait" | "unavailable" | "give up";

const FIRST_BACKOFF_MS = 10_000;
const MAX_BACKOFF_MS = 3_600_000;
/** Which takes an hour and a half, at least. */
const MAX_FAILURES = 10;

/** Remembers failing records. */
export class FailingRecords<Keyed extends { readonly key: KvKey }> {
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #failing = new Map<string, Failing<Keyed>>();
  #progress = 0;

  constructor(clock: Pick<Clock, "monotonic">) {
    this.#clock = clock;
  }

  /** Adds a record that failed for the first time; it may be tried again at once. */
  add(record: Keyed): void {
    const retryAt = this.#clock.monotonic();
    const failing = { record, failures: 1, retryAt, progress: this.#progress };
    this.#failing.set(idOf(record.key), failing);
  }

  /** Whether a record has failed. */
  has(key: KvKey): boolean {
    return this.#failing.has(idOf(key));
  }

  /** Forgets a record. */
  delete(key: KvKey): void {
    this.#failing.delete(idOf(key));
  }

  /** To be called when records were processed. */
  noteProgress(): void {
    this.#progress += 1;
  }

  /** The records that are due now. */
  due(): Failing<Keyed>[] {
    const now = this.#clock.monotonic();
    return [...this.#failing.values()].filter(({ retryAt }) => retryAt <= now);
  }

  /** Counts another failure of a record, which then comes after the others. */
  failedAgain(failing: Failing<Keyed>): AfterFailure {
    const id = idOf(failing.record.key);
    this.#failing.delete(id);
    this.#failing.set(id, failing);
    if (failing.progress === this.#progress) {
      // Nothing else was processed either.
      return "unavailable";
    }
    failing.progress = this.#progress;
    failing.failures += 1;
    if (failing.failures > MAX_FAILURES) return "give up";
    const backoff = FIRST_BACKOFF_MS * 2 ** (failing.failures - 2);
    failing.retryAt = this.#clock.monotonic() + Math.min(backoff, MAX_BACKOFF_MS);
    return "wait";
  }
}

function idOf(key: KvKey): string {
  return key.join("/");
}
