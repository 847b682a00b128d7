/**
 * The queue: events without a result, oldest first. It is a list of segments. Those of the spool are
 * files, of which only the first two and the last need to be in memory; events that could not be
 * written to disk, or have none, are in segments without a file.
 */

import type { QueueRecord } from "./record.ts";
import { type QueueOptions, Segment } from "./segment.ts";

/** An event of a batch, and where it is queued. */
export interface Taken {
  readonly record: QueueRecord;
  readonly segment: Segment;
}

/** Leading segments that stay in memory. */
const LOADED = 2;

/** Events in the order in which they are sent. */
export class Queue {
  readonly #options: QueueOptions;
  #segments: Segment[] = [];

  constructor(options: QueueOptions) {
    this.#options = options;
  }

  /** Whether there is nothing to send. */
  get isEmpty(): boolean {
    return this.#segments.every(({ events }) => events === 0);
  }

  /** At most the id of the oldest event, by this process's clock; empty if there is none. */
  get oldestId(): string {
    for (const { records, events, isAdopted } of this.#segments) {
      if (events === 0) continue;
      return records === null || isAdopted ? "0" : records.keys().next().value ?? "";
    }
    return "";
  }

  /** Adds events at the end; `path` is the segment that they were written to. Their places are taken. */
  push(path: string | null, records: readonly QueueRecord[]): void {
    let tail = this.#segments.at(-1);
    if (tail === undefined || tail.path !== path) {
      tail = new Segment(path);
      this.#segments.push(tail);
      this.#unload();
    }
    tail.add(records);
  }

  /** Adds segments of earlier processes in front, and takes places for their events. */
  async adopt(paths: readonly string[]): Promise<void> {
    const adopted: Segment[] = [];
    for (const path of paths) {
      const segment = new Segment(path, true);
      segment.unload();
      await segment.load(this.#options);
      if (adopted.length >= LOADED) segment.unload();
      if (segment.events > 0) adopted.push(segment);
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
      for (const record of (await segment.load(this.#options)).values()) {
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

  /** Removes events that have a result. Those in `stuck` may have to wait for long. */
  async settle(taken: readonly Taken[], stuck: ReadonlySet<string>): Promise<void> {
    const { spool, capacity } = this.#options;
    for (const segment of new Set(taken.map(({ segment }) => segment))) {
      const records = taken.filter((one) => one.segment === segment).map(({ record }) => record);
      segment.settle(records, capacity);
      if (segment.path === null) this.#segments = this.#segments.filter(isNeeded);
      else if (segment.events > 0 || spool?.isActive(segment.path)) {
        await spool?.settle(segment.path, records.map(({ id }) => id));
      } else await this.removeSettled();
    }
    await this.#compact(stuck);
  }

  /**
   * Removes segments of the spool that nothing more is written to and whose events are settled. What
   * cannot be removed is tried again the next time: never rejects.
   */
  async removeSettled(): Promise<void> {
    const { spool } = this.#options;
    for (const segment of [...this.#segments]) {
      const { path, events } = segment;
      if (events > 0 || path === null || spool?.isActive(path)) continue;
      try {
        await spool?.remove(path);
        this.#segments = this.#segments.filter((one) => one !== segment);
      } catch {
        // As where the folder became read-only: its next segment cannot be created, which is told.
      }
    }
  }

  /** Events that are in memory only. */
  unspooled(): QueueRecord[] {
    const inMemory = this.#segments.filter(({ path }) => path === null);
    return inMemory.flatMap(({ records }) => [...records?.values() ?? []]);
  }

  /** Moves stuck events to the end, so that one of them does not keep a whole file. */
  async #compact(stuck: ReadonlySet<string>): Promise<void> {
    const { spool } = this.#options;
    if (spool === null || stuck.size === 0) return;
    for (const segment of [...this.#segments]) {
      const { path, records } = segment;
      if (path === null || records === null || spool.isActive(path)) continue;
      if (records.size === 0 || !isWithin(records.keys(), stuck)) continue;
      try {
        const moved = [...records.values()];
        const target = await spool.append(moved);
        this.#segments = this.#segments.filter((one) => one !== segment);
        this.push(target, moved);
        await spool.remove(path);
      } catch {
        return; // they stay where they are
      }
    }
  }

  /** Forgets what is on disk and not needed soon. */
  #unload(): void {
    for (const segment of this.#segments.slice(LOADED, -1)) {
      if (segment.events > 0) segment.unload(); // else its events would be read again
    }
  }
}

/** Whether a segment in memory still has events. */
function isNeeded({ path, events }: Segment): boolean {
  return path !== null || events > 0;
}

/** Whether all ids are in a set; stops at the first one that is not. */
function isWithin(ids: Iterable<string>, set: ReadonlySet<string>): boolean {
  for (const id of ids) if (!set.has(id)) return false;
  return true;
}
