/**
 * Whether a KV over a network responds. Deno's client repeats what gets no response for as long as it
 * takes, and says nothing: `close()` does not end that either. So every operation has a deadline, and once
 * one has passed it without a response to any other, no more are sent: each would wait in memory, and be
 * applied when the KV is back, long after its caller was told that it failed.
 */

import { getLogger } from "@logtape/logtape";
import { type Clock, within } from "../clock.ts";

/** The KV has not responded for a while, so the operation was not sent. */
export class KvAwayError extends Error {
  override readonly name = "KvAwayError";
}

/** An operation got no response in time. If it is a commit, it may be applied, or still will be. */
export class KvTimeoutError extends Error {
  override readonly name = "KvTimeoutError";
}

/** Options of `Presence`. */
export interface PresenceOptions {
  readonly clock: Pick<Clock, "monotonic" | "after">;
  /** How long an operation waits for its response. */
  readonly deadlineMs: number;
  /** Resolves if the KV responds and can be used; rejects with the reason why it cannot be. */
  readonly probe: () => Promise<void>;
}

const FIRST_PAUSE_MS = 1_000;
/** A probe that gets no response waits in memory, too, so they become rare. */
const MAX_PAUSE_MS = 60_000;

const logger = getLogger(["sluice", "kv"]);

/** Runs operations while the KV responds; while it does not, finds out when it does again. */
export class Presence {
  readonly #options: PresenceOptions;
  #lastResponse = -Infinity;
  /** `null` while the KV responds. */
  #away: { readonly since: number; reason: string } | null = null;
  #wake: (() => void) | null = null;
  #closed = false;

  constructor(options: PresenceOptions) {
    this.#options = options;
  }

  /** Why the KV cannot be used, `null` if it can. */
  get awayBecause(): string | null {
    return this.#away?.reason ?? null;
  }

  /**
   * Runs an operation.
   *
   * @throws {KvAwayError} if nothing was sent
   * @throws {KvTimeoutError} if there was no response in time
   */
  async run<T>(operation: () => Promise<T>): Promise<T> {
    if (this.#away !== null) throw new KvAwayError(this.#away.reason);
    const { clock, deadlineMs } = this.#options;
    const startedAt = clock.monotonic();
    const running = operation();
    this.#noteResponse(running);
    const { promise, reject } = Promise.withResolvers<never>();
    const cancel = clock.after(deadlineMs, () => {
      const reason = `KV did not respond within ${deadlineMs} ms`;
      if (this.#lastResponse <= startedAt) this.leave(reason);
      else logger.warn("{reason}, while it responds to others", { reason });
      reject(new KvTimeoutError(reason));
    });
    try {
      return await Promise.race([running, promise]);
    } finally {
      cancel();
    }
  }

  /** Sends no more operations until a probe succeeds. */
  leave(reason: string): void {
    if (this.#away !== null || this.#closed) return;
    this.#away = { since: this.#options.clock.monotonic(), reason };
    logger.error(
      "{reason}: until it does, no event is stored, and clients are told to send it again",
      {
        reason,
      },
    );
    this.#probeUntilBack();
  }

  /** Ends the probes. */
  close(): void {
    this.#closed = true;
    this.#wake?.();
  }

  /** A result counts, also one after its deadline. An error does not: it may be the driver's own deadline. */
  #noteResponse(running: Promise<unknown>): void {
    const note = () => {
      this.#lastResponse = this.#options.clock.monotonic();
      this.#wake?.();
    };
    running.then(note, () => {});
  }

  async #probeUntilBack(): Promise<void> {
    const { clock, deadlineMs, probe } = this.#options;
    for (let pauseMs = FIRST_PAUSE_MS; this.#away !== null && !this.#closed;) {
      await this.#pause(pauseMs);
      if (this.#closed) return;
      pauseMs = Math.min(2 * pauseMs, MAX_PAUSE_MS);
      const probing = probe();
      this.#noteResponse(probing);
      const result = await within(clock, deadlineMs, probing.then(() => "back", toReason));
      if (result === "back") this.#comeBack();
      else if (result !== null) this.#note(result);
    }
  }

  /** Waits until it is time for the next probe, or until an operation was responded to after all. */
  async #pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    const cancel = this.#options.clock.after(ms, resolve);
    await promise;
    cancel();
    this.#wake = null;
  }

  /** It responds, but cannot be used; or the network says why it cannot be reached. */
  #note(reason: string): void {
    if (this.#away === null || this.#away.reason === reason) return;
    this.#away.reason = reason;
    logger.error("KV cannot be used: {reason}", { reason });
  }

  #comeBack(): void {
    if (this.#away === null) return;
    const seconds = Math.round((this.#options.clock.monotonic() - this.#away.since) / 1000);
    this.#away = null;
    logger.info("KV responds again, after {seconds} s", { seconds });
  }
}

function toReason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
