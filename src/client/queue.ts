/**
 * The queue: events that this page tracked and the service has not yet confirmed. It is kept in memory
 * and, next to it, on disk, where other tabs see it and a crash does not lose it.
 *
 * For this page memory is authoritative: if the disk is full or forbidden, events merely do not outlive
 * the page. A record missing from disk was sent or rejected by another tab, or storage was cleared; the
 * page then sends it itself, and its idempotency key makes the repeat harmless.
 */

import type { QueueRecord, RecordOutcome } from "./record.ts";
import type { Status } from "./status.ts";
import type { RecordStore } from "./stores.ts";

/** Most ids of settled records that are remembered. */
const MAX_SETTLED = 5_000;

/** The queue of a page. */
export interface Queue {
  /** Records of this page without an outcome, by id. */
  readonly _pending: ReadonlyMap<string, QueueRecord>;
  /** Adds a record, in memory at once and on disk as soon as possible. */
  _add(record: QueueRecord): void;
  /** All queued records, including those of other tabs and earlier visits, oldest first. */
  _read(): Promise<QueueRecord[]>;
  /** Removes records from the queue and sets their outcome. */
  _settle(records: readonly QueueRecord[], outcome: RecordOutcome): Promise<void>;
  /** Drops all records, those of this page at once. */
  _clear(): Promise<void>;
}

/**
 * Opens the queue of a service.
 *
 * @param max most records to keep; beyond, the oldest of low value are dropped, then the oldest
 */
export function openQueue(
  store: RecordStore,
  max: number,
  status: Status,
): Queue {
  const pending = new Map<string, QueueRecord>();
  /** Ids of records that left the queue; some may still be on disk if removing them failed. */
  const settled = new Set<string>();

  async function settle(records: readonly QueueRecord[], outcome: RecordOutcome): Promise<void> {
    const ids = records.map(({ id }) => id);
    if (settled.size > MAX_SETTLED) settled.clear(); // a record still on disk is a harmless repeat
    for (const id of ids) {
      settled.add(id);
      const record = pending.get(id);
      if (!record) continue;
      record.outcome = outcome;
      pending.delete(id);
      status._update({ queued: pending.size, [outcome]: status._state[outcome] + 1 });
    }
    await store._remove(ids);
  }

  /** Queued records of other tabs and earlier visits. */
  async function readOthers(): Promise<QueueRecord[]> {
    return (await store._readAll()).filter(({ id }) => !settled.has(id) && !pending.has(id));
  }

  /** Drops records beyond the maximum, and returns the others. */
  function dropExcess(records: QueueRecord[]): QueueRecord[] {
    const excess = records.length - max;
    if (excess > 0) {
      settle([...records].sort((a, b) => +b.low - +a.low).slice(0, excess), "dropped");
    }
    return records.filter(({ id }) => !settled.has(id));
  }

  return {
    _pending: pending,
    _settle: settle,
    _add(record) {
      pending.set(record.id, record);
      dropExcess([...pending.values()]);
      status._update({ queued: pending.size });
      store._put(record);
    },
    async _read() {
      const others = await readOthers();
      return dropExcess([...others, ...pending.values()].sort((a, b) => a.id < b.id ? -1 : 1));
    },
    async _clear() {
      settle([...pending.values()], "dropped"); // synchronously: the page may unload next
      settle(await readOthers(), "dropped");
    },
  };
}
