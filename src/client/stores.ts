/** Where the queue outlives its page: IndexedDB, or localStorage if that fails. */

import { type Page, PREFIX } from "./page.ts";
import type { Store } from "./record.ts";

const EVENTS = "events";
/** Some browsers never answer an open request. */
const OPEN_TIMEOUT_MS = 2_000;

/** Opens a queue's database. Rejects where IndexedDB is unavailable. */
export async function openIndexedDb(page: Page, name: string): Promise<Store> {
  const database = await new Promise<IDBDatabase>((resolve, reject) => {
    const request = page.indexedDB.open(PREFIX + name, 1);
    page.setTimeout(reject, OPEN_TIMEOUT_MS);
    request.onupgradeneeded = () => request.result.createObjectStore(EVENTS, { keyPath: "id" });
    request.onerror = reject;
    request.onsuccess = () => resolve(request.result);
  });

  function run<T>(work: (events: IDBObjectStore) => IDBRequest<T> | void): Promise<T> {
    return new Promise((resolve, reject) => {
      const transaction = database.transaction(EVENTS, "readwrite");
      const request = work(transaction.objectStore(EVENTS));
      transaction.oncomplete = () => resolve(request?.result as T);
      transaction.onabort = reject;
    });
  }

  return {
    _put: (record) => run((events) => events.put(record)),
    _read: () => run((events) => events.getAll()),
    _remove: (ids) =>
      run((events) => {
        for (const id of ids) events.delete(id);
      }),
  };
}

/**
 * Opens a store with one localStorage key per record, so that tabs do not overwrite one another. The
 * functions are async so that forbidden storage rejects instead of throwing.
 */
export function openLocalStore(page: Page, name: string): Store {
  const prefix = `${PREFIX + name} `;
  return {
    // deno-lint-ignore require-await
    async _put(record) {
      page.localStorage.setItem(prefix + record.id, JSON.stringify(record));
    },
    // deno-lint-ignore require-await
    async _read() {
      const items = Object.entries(page.localStorage).filter(([key]) => key.startsWith(prefix));
      return items.map(([, text]) => JSON.parse(text));
    },
    // deno-lint-ignore require-await
    async _remove(ids) {
      for (const id of ids) page.localStorage.removeItem(prefix + id);
    },
  };
}
