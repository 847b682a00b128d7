/** Some consecutive events of the queue. */

import type { Capacity } from "./capacity.ts";
import type { QueueRecord } from "./record.ts";
import type { Spool } from "./spool/spool.ts";

/** What a queue needs. */
export interface QueueOptions {
  readonly spool: Spool | null;
  readonly capacity: Capacity;
  /** Told of a segment that cannot be read as it was written, and how many events are gone. */
  readonly onDamage: (lost: number, path: string, reason: unknown) => void;
}

/** Events that are in one file of the spool, or in memory only. */
export class Segment {
  /** Its file; `null` if it is in memory only. */
  readonly path: string | null;
  /** Whether another process wrote it, whose ids are by a clock of its own. */
  readonly isAdopted: boolean;
  events = 0;
  bytes = 0;
  /** Events without a result, in order; `null` while they are only on disk. */
  #records: Map<string, QueueRecord> | null = new Map();
  #isDamageTold = false;

  constructor(path: string | null, isAdopted = false) {
    this.path = path;
    this.isAdopted = isAdopted;
  }

  /** Events without a result, in order; `null` while they are only on disk. */
  get records(): ReadonlyMap<string, QueueRecord> | null {
    return this.#records;
  }

  /** Adds events at the end. */
  add(records: readonly QueueRecord[]): void {
    for (const record of records) {
      this.#records?.set(record.id, record);
      this.events += 1;
      this.bytes += record.bytes;
    }
  }

  /** Removes events that have a result, and gives their places back. */
  settle(records: readonly QueueRecord[], capacity: Capacity): void {
    const bytes = records.reduce((sum, record) => sum + record.bytes, 0);
    for (const { id } of records) this.#records?.delete(id);
    this.events -= records.length;
    this.bytes -= bytes;
    capacity.release(records.length, bytes);
  }

  /** Forgets events that are on disk. */
  unload(): void {
    if (this.path !== null) this.#records = null;
  }

  /** Returns its events, and reads them first if they are only on disk. */
  async load(options: QueueOptions): Promise<ReadonlyMap<string, QueueRecord>> {
    return this.#records ??= await this.#read(options);
  }

  async #read({ spool, capacity, onDamage }: QueueOptions): Promise<Map<string, QueueRecord>> {
    const path = this.path ?? "";
    const before = { events: this.events, bytes: this.bytes };
    const records = new Map<string, QueueRecord>();
    try {
      const stored = await spool?.read(path);
      for (const record of stored?.records ?? []) records.set(record.id, record);
      if (stored && stored.damaged > 0 && !this.#isDamageTold) {
        this.#isDamageTold = true;
        onDamage(stored.damaged, path, "wrong checksum");
      }
      if (records.size === 0) await spool?.remove(path);
    } catch (error) {
      onDamage(before.events, path, error);
    }
    this.events = records.size;
    this.bytes = [...records.values()].reduce((sum, { bytes }) => sum + bytes, 0);
    capacity.add(this.events, this.bytes);
    capacity.release(before.events, before.bytes);
    return records;
  }
}
