/** What a process says of itself in KV every few seconds, so that admins see all that share it. */

import { getLogger } from "@logtape/logtape";
import type { Clock } from "../clock.ts";
import { processKey } from "../kv/keys.ts";
import type { Kv } from "../kv/port.ts";

/** Options of `Heartbeat`. */
export interface HeartbeatOptions {
  readonly kv: Kv;
  readonly clock: Clock;
  /** Called once, for an id of this process. */
  readonly newId: () => string;
  readonly name: string;
  readonly version: string;
  /** Whether it goes on without events. On Deno Deploy an idle isolate is to sleep. */
  readonly whileIdle: boolean;
}

/** What is in KV. Times are epoch milliseconds. */
export interface Beat {
  readonly name: string;
  readonly version: string;
  readonly startedAt: number;
  readonly seenAt: number;
  readonly accepted: number;
  readonly acceptedPerSecond: number;
  readonly flushedAt: number | null;
}

const BEAT_MS = 12_000;
/** A process that was not seen for as long is not listed any more. */
export const LISTED_MS = 60_000;

const logger = getLogger(["sluice", "admin"]);

/** Writes what this process says of itself: once a beat, and never on the path of a request. */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  readonly #startedAt: number;
  #id: string | null = null;
  #accepted = 0;
  #flushedAt: number | null = null;
  /** Events accepted by the last beat, and when that was, on the monotonic clock. */
  #last: { readonly accepted: number; readonly at: number };
  #cancel: (() => void) | null = null;
  #writing: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#startedAt = options.clock.now();
    this.#last = { accepted: 0, at: options.clock.monotonic() };
  }

  /** Begins. While no event arrives, it writes nothing where it is not to go on without. */
  start(): void {
    if (this.#options.whileIdle) this.#beat();
  }

  /** Counts an event that was accepted. */
  countEvent(): void {
    this.#accepted += 1;
    if (!this.#options.whileIdle) this.#schedule();
  }

  /** Notes that this process has stored events. */
  noteFlush(): void {
    this.#flushedAt = this.#options.clock.now();
  }

  /** Ends, and takes this process off the list. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancel?.();
    await this.#writing;
    if (this.#id === null) return;
    await this.#options.kv.delete(processKey(this.#id)).catch(ignore);
  }

  #schedule(): void {
    if (this.#isClosed || this.#cancel !== null) return;
    this.#cancel = this.#options.clock.after(BEAT_MS, () => this.#beat());
  }

  #beat(): void {
    const { whileIdle } = this.#options;
    this.#cancel = null;
    const isIdle = this.#accepted === this.#last.accepted;
    if (isIdle && !whileIdle) return; // the next event begins again
    this.#writing = this.#write().catch(ignore).then(() => this.#schedule());
  }

  async #write(): Promise<void> {
    const { kv, clock, newId, name, version } = this.#options;
    const { accepted, at } = this.#last;
    const now = clock.monotonic();
    const seconds = (now - at) / 1000;
    this.#last = { accepted: this.#accepted, at: now };
    this.#id ??= newId();
    const beat: Beat = {
      name,
      version,
      startedAt: this.#startedAt,
      seenAt: clock.now(),
      accepted: this.#accepted,
      acceptedPerSecond: seconds === 0 ? 0 : (this.#accepted - accepted) / seconds,
      flushedAt: this.#flushedAt,
    };
    await kv.set(processKey(this.#id), beat, { expireIn: LISTED_MS });
  }
}

/** The next beat tries again, and /readyz reports a KV that fails. */
function ignore(error: unknown): void {
  logger.debug("Could not say that this process runs: {error}", { error });
}
