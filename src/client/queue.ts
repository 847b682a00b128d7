/**
 * The queue: events that this page tracked and the service has not yet confirmed. It is kept in memory
 * and, next to it, on disk, where other tabs see it and a crash does not lose it.
 *
 * For this page memory is authoritative: if the disk is full or forbidden, events merely do not outlive
 * the page. A record missing from disk was sent or rejected by another tab, or storage was cleared; the
 * page then sends it itself, and its idempotency key makes the repeat harmless.
 */

import { type Page, whenShown } from "./page.ts";
import type { QueueRecord, RecordOutcome } from "./record.ts";
import { openIndexedDb, openLocalStore } from "./stores.ts";

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
}

/**
 * Opens the queue of a service.
 *
 * @param max most records to keep; beyond, the oldest of low value are dropped, then the oldest
 * @param onSettled called for every record of this page that leaves the queue
 * @param mayStore until it resolves, records are in memory only
 */
export function openQueue(
  page: Page,
  name: string,
  max: number,
  onSettled: (outcome: RecordOutcome) => void,
  mayStore: Promise<void>,
): Queue {
  const pending = new Map<string, QueueRecord>();
  /** Ids of records that left the queue; some may still be on disk if removing them failed. */
  const settled = new Set<string>();
  const local = openLocalStore(page, name);
  // A page that is rendered in advance may never be shown: until then it creates no database.
  const stores = mayStore.then(() => whenShown(page, () => openIndexedDb(page, name)))
    .then((database) => [database, local], () => [local]);

  async function save(record: QueueRecord): Promise<void> {
    for (const store of await stores) {
      try {
        if (!record.outcome) await store._put(record);
        if (record.outcome) await store._remove([record.id]);
        return;
      } catch {
        // Try the next store; the record is in memory in any case.
      }
    }
  }

  async function settle(records: readonly QueueRecord[], outcome: RecordOutcome): Promise<void> {
    const ids = records.map(({ id }) => id);
    if (settled.size > MAX_SETTLED) settled.clear(); // a record still on disk is a harmless repeat
    for (const id of ids) {
      settled.add(id);
      const record = pending.get(id);
      if (!record) continue;
      record.outcome = outcome;
      pending.delete(id);
      onSettled(outcome);
    }
    for (const store of await stores) await store._remove(ids).catch(() => {});
  }

  /** Drops records beyond the maximum, and returns the others. */
  function dropExcess(records: QueueRecord[]): QueueRecord[] {
    if (records.length <= max) return records;
    const dropped = [...records].sort((a, b) => +b.low - +a.low).slice(0, records.length - max);
    settle(dropped, "dropped");
    return records.filter((record) => !dropped.includes(record));
  }

  return {
    _pending: pending,
    _settle: settle,
    _add(record) {
      pending.set(record.id, record);
      dropExcess([...pending.values()]);
      save(record);
    },
    async _read() {
      const found = new Map<string, QueueRecord>();
      try {
        for (const store of await stores) {
          for (const record of await store._read()) {
            if (!settled.has(record.id)) found.set(record.id, record);
          }
        }
      } catch {
        // The records in memory remain.
      }
      for (const [id, record] of pending) found.set(id, record);
      return dropExcess([...found.values()].sort((a, b) => a.id < b.id ? -1 : 1));
    },
  };
}
