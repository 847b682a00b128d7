/** Where the queue outlives its page: in IndexedDB, or in localStorage if that fails. */

import { type Page, PREFIX, safely, whenShown, writeItem } from "./page.ts";
import type { QueueRecord } from "./record.ts";

/** Keeps records on disk. Nothing rejects: what fails leaves them in memory only. */
export interface RecordStore {
  /** Stores a record, unless it has left the queue by then. */
  _put(record: QueueRecord): Promise<void>;
  /** Removes records. */
  _remove(ids: readonly string[]): Promise<void>;
  /** Reads all records, also those of other tabs and earlier visits. */
  _readAll(): Promise<QueueRecord[]>;
}

/**
 * Opens the store of a service's records.
 *
 * @param mayStore until it resolves, all work waits
 */
export type OpenStore = (page: Page, name: string, mayStore: Promise<void>) => RecordStore;

const EVENTS = "events";
/** Some browsers never answer an open request. */
const OPEN_TIMEOUT_MS = 2_000;

/** Opens a queue's database. Rejects where IndexedDB is unavailable. */
function openDatabase(page: Page, name: string): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = (page.indexedDB as IDBFactory).open(PREFIX + name, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(EVENTS, { keyPath: "id" });
    request.onerror = reject;
    request.onsuccess = () => resolve(request.result);
    page.setTimeout(reject, OPEN_TIMEOUT_MS);
  });
}

/** Opens the store of a page. */
export const openPageStore: OpenStore = (page, name, mayStore) => {
  let opening: Promise<IDBDatabase> | undefined;
  /** In localStorage each record has its own key, so that tabs do not overwrite one another. */
  const prefix = `${name} `;

  /** Runs work on the stored events; resolves to undefined without a database, or if it fails. */
  function run<T>(work: (events: IDBObjectStore) => IDBRequest<T> | void): Promise<T | void> {
    // A page that is rendered in advance may never be shown: until then it creates no database.
    opening ??= mayStore.then(() => whenShown(page, () => openDatabase(page, name)));
    return opening.then((database) =>
      new Promise<T | void>((resolve, reject) => {
        const transaction = database.transaction(EVENTS, "readwrite");
        const request = work(transaction.objectStore(EVENTS));
        transaction.oncomplete = () => resolve(request?.result);
        transaction.onabort = reject;
      })
    ).catch(() => {});
  }

  return {
    async _put(record) {
      const key = await run((events) => record.outcome ? undefined : events.put(record));
      // If it has left the queue meanwhile, it has been removed already.
      if (!(key || record.outcome)) writeItem(page, prefix + record.id, JSON.stringify(record));
    },
    async _remove(ids) {
      await run((events) => {
        for (const id of ids) events.delete(id);
      });
      for (const id of ids) writeItem(page, prefix + id, null);
    },
    async _readAll() {
      const local = safely(() =>
        Object.entries<string>(page.localStorage as Storage)
          // Anybody may have changed them: one that is no record must not keep the others back.
          .map(([key, text]) => key.startsWith(PREFIX + prefix) && safely(() => JSON.parse(text)))
          .filter((record) => record?.id)
      );
      return (local ?? []).concat(await run<QueueRecord[]>((events) => events.getAll()) ?? []);
    },
  };
};
