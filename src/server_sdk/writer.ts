/** Group commit: events that are tracked while a sync is in progress share the next one. */

import type { QueueRecord } from "./record.ts";

/** Events that are written and synced together, at most. */
const MAX_GROUP = 2_000;

/** Writes events to the spool. */
export class Writer {
  readonly #write: (records: QueueRecord[]) => Promise<void>;
  #waiting: QueueRecord[] = [];
  #writing: Promise<void> | null = null;

  /** @param write never rejects */
  constructor(write: (records: QueueRecord[]) => Promise<void>) {
    this.#write = write;
  }

  /** Writes an event with the next group. */
  add(record: QueueRecord): void {
    this.#waiting.push(record);
    this.#writing ??= this.#run();
  }

  /** Resolves when all events that were added have been written. */
  async idle(): Promise<void> {
    await this.#writing;
  }

  async #run(): Promise<void> {
    // All events of one turn of the event loop are in its first group.
    await Promise.resolve();
    while (this.#waiting.length > 0) await this.#write(this.#waiting.splice(0, MAX_GROUP));
    this.#writing = null;
  }
}
