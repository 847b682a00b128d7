/** What became of events: counts them, settles their callers' promises and reports problems. */

import { reasonOf, SluiceError } from "./errors.ts";
import type { Problems } from "./problems.ts";
import type { Taken } from "./queue.ts";
import type { QueueRecord } from "./record.ts";
import type { SenderListener } from "./sender.ts";

/** Counters since the start. */
export interface Counts {
  sent: number;
  rejected: number;
  dropped: number;
}

/** What became of events. */
export class Results implements SenderListener {
  readonly counts: Counts = { sent: 0, rejected: 0, dropped: 0 };
  readonly #problems: Problems;
  readonly #unspooled: () => readonly QueueRecord[];
  /** Why sending has stopped. */
  #stopped: SluiceError | null = null;

  /** @param unspooled events that are in memory only, whose promises are pending */
  constructor(problems: Problems, unspooled: () => readonly QueueRecord[]) {
    this.#problems = problems;
    this.#unspooled = unspooled;
  }

  /** Events were queued, but are not on disk. */
  onUnspooled(records: readonly QueueRecord[]): void {
    if (this.#stopped) rejectAll(records, this.#stopped);
  }

  onSent(taken: readonly Taken[]): void {
    this.counts.sent += taken.length;
    for (const { record } of taken) record.promise?.resolve("service");
  }

  onRejected({ record }: Taken, reason: string, status: number): void {
    this.counts.rejected += 1;
    const event = JSON.parse(record.json);
    const message = `${event.eventType} was rejected: ${reason}`;
    const error = new SluiceError("rejected", message, { kept: false, status, event });
    record.promise?.reject(error);
    this.#problems.report(error);
  }

  onProblem(reason: string, status: number, isStopped: boolean): void {
    const code = isStopped ? "unauthorized" : "unavailable";
    const message = isStopped ? `Sending has stopped: ${reason}` : `Events are kept: ${reason}`;
    const error = this.#problems.begin(code, message, { kept: true, status });
    if (!isStopped) return;
    this.#stopped = error;
    rejectAll(this.#unspooled(), error);
  }

  onSuccess(): void {
    this.#stopped = null;
    this.#problems.end("unauthorized", "unavailable");
  }

  /** Events of the spool cannot be read as they were written. */
  readonly onDamage = (lost: number, path: string, reason: unknown): void => {
    // A file that is gone was taken over by another process, which sends its events.
    const isGone = (reason as { code?: unknown })?.code === "ENOENT";
    if (!isGone) this.counts.dropped += lost;
    const message = isGone
      ? `${path} with ${lost} events was taken over by another process, or removed`
      : `${lost} events of the spool cannot be read (${path}): ${reasonOf(reason)}`;
    this.#problems.report(new SluiceError("damaged", message, { kept: false }));
  };

  /** Gives up events that are in memory only. */
  dropUnspooled(): void {
    const records = this.#unspooled();
    if (records.length === 0) return;
    const message = `${records.length} events were not acknowledged before shutdown() ended`;
    const error = this.#problems.begin("closed", message, { kept: false });
    this.counts.dropped += records.length;
    rejectAll(records, error);
  }
}

function rejectAll(records: readonly QueueRecord[], error: SluiceError): void {
  for (const record of records) {
    record.promise?.reject(error);
    record.promise = null;
  }
}
