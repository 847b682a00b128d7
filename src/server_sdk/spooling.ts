/** Moves events between the queue and the spool. */

import type { Clock } from "../clock.ts";
import { reasonOf } from "./errors.ts";
import type { Problems } from "./problems.ts";
import type { Queue } from "./queue.ts";
import type { QueueRecord } from "./record.ts";
import type { Spool } from "./spool/spool.ts";
import { Writer } from "./writer.ts";

/** What spooling needs. */
export interface SpoolingOptions {
  readonly spool: Spool;
  readonly queue: Queue;
  readonly problems: Problems;
  readonly clock: Pick<Clock, "after">;
  /** Queues events that were written to a segment, or to none. */
  readonly push: (path: string | null, records: readonly QueueRecord[]) => void;
  /** Called when events of an ended process were queued. */
  readonly onAdopted: () => void;
}

/** How often folders of processes that have ended are looked for. */
const ADOPT_MS = 60_000;

/** Writes tracked events to the spool, and queues those that other processes left there. */
export class Spooling {
  readonly #options: SpoolingOptions;
  readonly #writer: Writer = new Writer((records) => this.#write(records));
  #adopting: Promise<void>;
  #cancelAdoption = () => {};
  #isClosed = false;
  /** The segment that was written to last. */
  #path = "";

  constructor(options: SpoolingOptions) {
    this.#options = options;
    this.#adopting = this.#adopt();
  }

  /** Writes an event and queues it; its promise resolves in between. */
  add(record: QueueRecord): void {
    this.#writer.add(record);
  }

  /** Resolves when all events that were added or found are queued. */
  async idle(): Promise<void> {
    await this.#adopting;
    await this.#writer.idle();
  }

  /** Releases the folder with what is left in it. */
  async close(): Promise<void> {
    const { spool, queue } = this.#options;
    this.#isClosed = true;
    this.#cancelAdoption();
    await this.idle();
    await spool.seal();
    await queue.removeSettled();
    await spool.close();
  }

  /** Writes events, or leaves them in memory if that fails. Never rejects. */
  async #write(records: QueueRecord[]): Promise<void> {
    const { spool, queue, problems, push } = this.#options;
    try {
      const path = await spool.append(records);
      problems.end("spool");
      for (const record of records) {
        record.promise?.resolve("spool");
        record.promise = null;
      }
      push(path, records);
      if (path !== this.#path) await queue.removeSettled(); // nothing more is written to the last one
      this.#path = path;
    } catch (error) {
      const message = `Events are only in memory, as the spool fails: ${reasonOf(error)}`;
      problems.begin("spool", message, { kept: true });
      push(null, records);
      await queue.removeSettled();
    }
  }

  /** Queues what processes that have ended left in the spool, now and from time to time. */
  async #adopt(): Promise<void> {
    const { spool, queue, problems, clock, onAdopted } = this.#options;
    try {
      // Nothing is created on a machine until the first event.
      if (await spool.exists()) await queue.adopt(await spool.adopt());
      if (!queue.isEmpty) onAdopted();
    } catch (error) {
      const message = `The spool cannot be read: ${reasonOf(error)}`;
      problems.begin("spool", message, { kept: true });
    }
    if (this.#isClosed) return;
    this.#cancelAdoption = clock.after(ADOPT_MS, () => {
      this.#adopting = this.#adopt();
    });
  }
}
