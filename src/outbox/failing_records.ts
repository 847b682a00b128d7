/**
 * The records that failed, and when each is tried again. Whether it is the record's fault shows in the
 * others: another failure counts only if the consumer says that it could process one now or, where it
 * cannot say, if some were processed since the last attempt. One whose failure counted has a note in KV, as
 * each process would otherwise count for itself, and from the beginning after a restart.
 */

import type { Clock } from "../clock.ts";
import type { KvKey } from "../kv/port.ts";

/** What processes tell each other about a failing record. */
export interface FailingNote {
  readonly failures: number;
  /** Epoch milliseconds. */
  readonly retryAt: number;
}

/** A record that failed. */
export interface Failing {
  key: KvKey;
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
/** The longest pause between two attempts. */
export const MAX_BACKOFF_MS = 3_600_000;
/** Failures that count until a record is given up, which takes an hour and a half, at least. */
export const MAX_FAILURES = 10;

/** Remembers failing records. */
export class FailingRecords {
  readonly #clock: Pick<Clock, "monotonic" | "now">;
  readonly #failing = new Map<string, Failing>();
  #progress = 0;

  constructor(clock: Pick<Clock, "monotonic" | "now">) {
    this.#clock = clock;
  }

  /** Adds a record that failed for the first time; it may be tried again at once. */
  add(key: KvKey): void {
    const retryAt = this.#clock.monotonic();
    this.#failing.set(idOf(key), { key, failures: 1, retryAt, progress: this.#progress });
  }

  /** Takes over what another process, or this one before it was restarted, has noted. */
  learn(key: KvKey, { failures, retryAt }: FailingNote): void {
    const known = this.#failing.get(idOf(key));
    if (known !== undefined && known.failures >= failures) return;
    // If it is too far ahead, the wall clock was set back since, or the note is damaged.
    const waitMs = retryAt - this.#clock.now();
    this.#failing.set(idOf(key), {
      key,
      failures,
      retryAt: this.#clock.monotonic() + (waitMs > MAX_BACKOFF_MS ? 0 : waitMs),
      progress: this.#progress,
    });
  }

  /** The note of a record. */
  noteOf({ failures, retryAt }: Failing): FailingNote {
    const waitMs = retryAt - this.#clock.monotonic();
    return { failures, retryAt: this.#clock.now() + waitMs };
  }

  /** Whether a record has failed. */
  has(key: KvKey): boolean {
    return this.#failing.has(idOf(key));
  }

  /** Forgets a record. */
  delete(key: KvKey): void {
    this.#failing.delete(idOf(key));
  }

  /** To be called when a record got another key. */
  move(failing: Failing, key: KvKey): void {
    this.#failing.delete(idOf(failing.key));
    failing.key = key;
    this.#failing.set(idOf(key), failing);
  }

  /** To be called when records were processed. */
  noteProgress(): void {
    this.#progress += 1;
  }

  /** The records that are due now. */
  due(): Failing[] {
    const now = this.#clock.monotonic();
    return [...this.#failing.values()].filter(({ retryAt }) => retryAt <= now);
  }

  /**
   * Counts another failure of a record, which then comes after the others.
   *
   * @param canProcess whether another record could be processed now; `null` where that is not known
   */
  failedAgain(failing: Failing, canProcess: boolean | null): AfterFailure {
    const id = idOf(failing.key);
    this.#failing.delete(id);
    this.#failing.set(id, failing);
    // Nothing else was, or can be, processed either.
    if (!(canProcess ?? failing.progress !== this.#progress)) return "unavailable";
    failing.progress = this.#progress;
    failing.failures += 1;
    if (failing.failures > MAX_FAILURES) return "give up";
    const backoff = FIRST_BACKOFF_MS * 2 ** (failing.failures - 2);
    failing.retryAt = this.#clock.monotonic() + Math.min(backoff, MAX_BACKOFF_MS);
    return "wait";
  }
}

/** Whether a value of KV is a note. */
export function isFailingNote(value: unknown): value is FailingNote {
  if (typeof value !== "object" || value === null) return false;
  const { failures, retryAt } = value as Record<keyof FailingNote, unknown>;
  return Number.isInteger(failures) && Number(failures) >= 1 && Number(failures) <= MAX_FAILURES &&
    Number.isFinite(retryAt);
}

function idOf(key: KvKey): string {
  return key.join("/");
}
