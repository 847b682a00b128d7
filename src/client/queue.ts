/**
 * The queue: what this page tracked and nobody has answered for yet, in memory, and beside it on
 * disk, where all tabs see it and a crash does not reach it.
 *
 * Memory is the truth for this page: a full or forbidden disk costs survival of the page, no more. What
 * is no longer on disk, another tab has sent, or been refused, or somebody has cleared the storage; this
 * page asks the service itself, and the event's key makes the repeat harmless.
 */

import type { Page } from "./page.ts";
import type { Fate, QueueRecord } from "./record.ts";
import { localStore, openIndexedDb } from "./stores.ts";

/** Ids that are remembered at most. */
const MAX_GONE = 5_000;

/** The queue of a page. */
export interface Queue {
  /** Records of this page without a fate, by id. */
  readonly mine: ReadonlyMap<string, QueueRecord>;
  add(record: QueueRecord): void;
  /** Everything that waits, of all tabs and earlier visits, oldest first. */
  read(): Promise<QueueRecord[]>;
  /** Takes records out of the queue. */
  settle(records: readonly QueueRecord[], fate: Fate): Promise<void>;
}

/**
 * Opens the queue of a service.
 *
 * @param max records that are kept; beyond, the oldest of low value are dropped, then the oldest
 * @param onFate told of every record of this page that left
 */
export function openQueue(
  page: Page,
  name: string,
  max: number,
  onFate: (fate: Fate) => void,
): Queue {
  const mine = new Map<string, QueueRecord>();
  /** Ids of records that left; some may be on disk still, where that fails. */
  const gone = new Set<string>();
  const local = localStore(page, name);
  const stores = openIndexedDb(page, name).then((database) => [database, local], () => [local]);

  async function save(record: QueueRecord): Promise<void> {
    for (const store of await stores) {
      try {
        await store.put(record);
        if (record.fate) await store.remove([record.id]);
        return;
      } catch {
        // The next store may take it; memory holds it in any case.
      }
    }
  }

  async function settle(records: readonly QueueRecord[], fate: Fate): Promise<void> {
    const ids = records.map(({ id }) => id);
    if (gone.size > MAX_GONE) gone.clear(); // what then comes again from disk, its key makes harmless
    for (const id of ids) {
      gone.add(id);
      const record = mine.get(id);
      if (!record) continue;
      record.fate = fate;
      mine.delete(id);
      onFate(fate);
    }
    for (const store of await stores) await store.remove(ids).catch(() => {});
  }

  /** Drops what is too much, and returns the rest. */
  function bounded(records: QueueRecord[]): QueueRecord[] {
    if (records.length <= max) return records;
    const dropped = [...records].sort((a, b) => +b.low - +a.low).slice(0, records.length - max);
    settle(dropped, "dropped");
    return records.filter((record) => !dropped.includes(record));
  }

  return {
    mine,
    settle,
    add(record) {
      mine.set(record.id, record);
      bounded([...mine.values()]);
      save(record);
    },
    async read() {
      const found = new Map<string, QueueRecord>();
      try {
        for (const store of await stores) {
          for (const record of await store.read()) {
            if (!gone.has(record.id)) found.set(record.id, record);
          }
        }
      } catch {
        // Memory remains.
      }
      for (const [id, record] of mine) found.set(id, record);
      return bounded([...found.values()].sort((a, b) => a.id < b.id ? -1 : 1));
    },
  };
}
