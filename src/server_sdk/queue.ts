/**
 * The queue: events without a result, oldest first. It is a list of segments. Those of the spool are
 * files, of which only the first two and the last need to be in memory; events that could not be
 * written to disk, or have none, are in segments without a file.
 */

import type { Capacity } from "./capacity.ts";
import type { QueueRecord } from "./record.ts";
import type { Spool } from "./spool/spool.ts";

/** Some consecutive events of the queue. */
export interface Segment {
  /** Its file; `null` if it is in memory only. */
  readonly path: string | null;
  /** Events without a result, in order; `null` while they are only on disk. */
  records: Map<string, QueueRecord> | null;
  events: number;
  bytes: number;
}

/** An event of a batch, and where it is queued. */
export interface Taken {
  readonly record: QueueRecord;
  readonly segment: Segment;
}

/** What a queue needs. */
export interface QueueOptions {
  readonly spool: Spool | null;
  readonly capacity: Capacity;
  /** Told of a segment that cannot be read as it was written, and how many events are gone. */
  readonly onDamage: (lost: number, path: string, reason: unknown) => void;
}

/** Leading segments that stay in memory. */
const LOADED = 2;

/** Events in the order in which they are sent. */
export class Queue {
  readonly #options: QueueOptions;
  #segments: Segment[] = [];
  /** Segments whose damage was reported. */
  readonly #damaged = new Set<string>();

  constructor(options: QueueOptions) {
    this.#options = options;
  }

  /** Whether there is nothing to send. */
  get isEmpty(): boolean {
    return this.#segments.every(({ events }) => events === 0);
  }

  /** At most the id of the oldest event; empty if there is none. */
  get oldestId(): string {
    for (const { records, events } of this.#segments) {
      if (events > 0) return records === null ? "0" : records.keys().next().value ?? "";
    }
    return "";
  }

  /** Adds events at the end; `path` is the segment that they were written to. Their places are taken. */
  push(path: string | null, records: readonly QueueRecord[]): void {
    let tail = this.#segments.at(-1);
    if (tail === undefined || tail.path !== path) {
      tail = { path, records: new Map(), events: 0, bytes: 0 };
      this.#segments.push(tail);
      this.#unload();
    }
    for (const record of records) {
      tail.records?.set(record.id, record);
      tail.events += 1;
      tail.bytes += record.bytes;
    }
  }

  /** Adds segments of earlier processes in front, and takes places for their events. */
  async adopt(paths: readonly string[]): Promise<void> {
    const adopted: Segment[] = [];
    for (const path of paths) {
      const segment: Segment = { path, records: null, events: 0, bytes: 0 };
      const records = await this.#load(segment);
      if (adopted.length >= LOADED) segment.records = null;
      if (records.size > 0) adopted.push(segment);
    }
    this.#segments.unshift(...adopted);
    this.#unload();
  }

  /** The next events for a request, oldest first; if there are none but those in `last`, its first one. */
  async take(max: number, maxBytes: number, last: ReadonlySet<string>): Promise<Taken[]> {
    const batch: Taken[] = [];
    const others = new Map<string, Taken>();
    let bytes = 0;
    for (const segment of [...this.#segments]) {
      for (const record of (segment.records ?? await this.#load(segment)).values()) {
        if (last.has(record.id)) {
          others.set(record.id, { record, segment });
          continue;
        }
        bytes += record.bytes + 1;
        if (batch.length === max || batch.length > 0 && bytes > maxBytes) return batch;
        batch.push({ record, segment });
      }
    }
    if (batch.length > 0) return batch;
    const [next] = [...last].flatMap((id) => others.get(id) ?? []);
    return next === undefined ? [] : [next];
  }

  /** Removes events that have a result. */
  async settle(taken: readonly Taken[]): Promise<void> {
    const { spool, capacity } = this.#options;
    for (const segment of new Set(taken.map(({ segment }) => segment))) {
      const records = taken.filter((one) => one.segment === segment).map(({ record }) => record);
      const bytes = records.reduce((sum, record) => sum + record.bytes, 0);
      for (const { id } of records) segment.records?.delete(id);
      segment.events -= records.length;
      segment.bytes -= bytes;
      capacity.release(records.length, bytes);
      if (segment.path === null) this.#dropIfEmpty(segment);
      else if (segment.events > 0 || spool?.isActive(segment.path)) {
        await spool?.settle(segment.path, records.map(({ id }) => id));
      } else {
        this.#dropIfEmpty(segment);
        await spool?.remove(segment.path);
      }
    }
  }

  /** Removes segments of the spool that nothing more is written to and whose events are settled. */
  async removeSettled(): Promise<void> {
    const { spool } = this.#options;
    for (const { path, events } of this.#segments) {
      if (path !== null && events === 0 && !spool?.isActive(path)) await spool?.remove(path);
    }
    this.#segments = this.#segments.filter(({ path, events }) =>
      events > 0 || path !== null && spool?.isActive(path)
    );
  }

  /** Events that are in memory only. */
  unspooled(): QueueRecord[] {
    const inMemory = this.#segments.filter(({ path }) => path === null);
    return inMemory.flatMap(({ records }) => [...records?.values() ?? []]);
  }

  #dropIfEmpty(segment: Segment): void {
    if (segment.events === 0) this.#segments = this.#segments.filter((one) => one !== segment);
  }

  /** Forgets what is on disk and not needed soon. */
  #unload(): void {
    for (const segment of this.#segments.slice(LOADED, -1)) {
      if (segment.path !== null) segment.records = null;
    }
  }

  async #load(segment: Segment): Promise<Map<string, QueueRecord>> {
    const { spool, capacity, onDamage } = this.#options;
    const path = segment.path ?? "";
    const before = { events: segment.events, bytes: segment.bytes };
    const records = new Map<string, QueueRecord>();
    try {
      const stored = await spool?.read(path);
      for (const record of stored?.records ?? []) records.set(record.id, record);
      if (stored && stored.damaged > 0 && !this.#damaged.has(path)) {
        this.#damaged.add(path);
        onDamage(stored.damaged, path, "wrong checksum");
      }
      if (records.size === 0) await spool?.remove(path);
    } catch (error) {
      onDamage(before.events, path, error);
    }
    segment.records = records;
    segment.events = records.size;
    segment.bytes = [...records.values()].reduce((sum, { bytes }) => sum + bytes, 0);
    capacity.add(segment.events, segment.bytes);
    capacity.release(before.events, before.bytes);
    this.#dropIfEmpty(segment);
    return records;
  }
}
