/** The database in which the queue outlives its page. */

import { type Page, PREFIX, whenShown } from "./page.ts";

const EVENTS = "events";
/** Some browsers never answer an open request. */
const OPEN_TIMEOUT_MS = 2_000;

/** Opens a queue's database. Rejects where IndexedDB is unavailable. */
function openDatabase(page: Page, name: string): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = page.indexedDB.open(PREFIX + name, 1);
    page.setTimeout(reject, OPEN_TIMEOUT_MS);
    request.onupgradeneeded = () => request.result.createObjectStore(EVENTS, { keyPath: "id" });
    request.onerror = reject;
    request.onsuccess = () => resolve(request.result);
  });
}

/** Runs work on the stored events; resolves to undefined without a database, or if it fails. */
export type RunOnStore = <T>(
  work: (events: IDBObjectStore) => IDBRequest<T> | void,
) => Promise<T | void>;

/**
 * Opens the database of a queue.
 *
 * @param mayStore until it resolves, all work waits
 */
export function openStore(page: Page, name: string, mayStore: Promise<void>): RunOnStore {
  // A page that is rendered in advance may never be shown: until then it creates no database.
  const opening = mayStore.then(() => whenShown(page, () => openDatabase(page, name)))
    .catch(() => {});

  return async <T>(work: (events: IDBObjectStore) => IDBRequest<T> | void) => {
    const database = await opening;
    return await new Promise<T | void>((resolve, reject) => {
      const transaction = (database as IDBDatabase).transaction(EVENTS, "readwrite");
      const request = work(transaction.objectStore(EVENTS));
      transaction.oncomplete = () => resolve(request?.result);
      transaction.onabort = reject;
    }).catch(() => {});
  };
}
