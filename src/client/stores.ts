/** Where the queue outlives its page: IndexedDB, and localStorage where that fails. */

import { type Page, PREFIX } from "./page.ts";
import type { Store } from "./record.ts";

const EVENTS = "events";
/** An open that takes longer will not come: some browsers forget to answer. */
const OPEN_MS = 2_000;

/** Opens a queue's database. Rejects where there can be none. */
export async function openIndexedDb(page: Page, name: string): Promise<Store> {
  const database = await new Promise<IDBDatabase>((resolve, reject) => {
    const request = page.indexedDB.open(PREFIX + name, 1);
    page.setTimeout(reject, OPEN_MS);
    request.onupgradeneeded = () => request.result.createObjectStore(EVENTS, { keyPath: "id" });
    request.onerror = reject;
    request.onsuccess = () => resolve(request.result);
  });

  function run<T>(
    mode: IDBTransactionMode,
    work: (events: IDBObjectStore) => IDBRequest<T> | void,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      const transaction = database.transaction(EVENTS, mode);
      const request = work(transaction.objectStore(EVENTS));
      transaction.oncomplete = () => resolve(request?.result as T);
      transaction.onabort = reject;
    });
  }

  return {
    put: (record) => run("readwrite", (events) => events.put(record)),
    read: () => run("readonly", (events) => events.getAll()),
    remove: (ids) =>
      run("readwrite", (events) => {
        for (const id of ids) events.delete(id);
      }),
  };
}

/**
 * A key of localStorage for each record, so that tabs do not write over one another. The functions are
 * async, so that forbidden storage rejects instead of throwing.
 */
export function localStore(page: Page, name: string): Store {
  const prefix = `${PREFIX + name} `;
  return {
    // deno-lint-ignore require-await
    async put(record) {
      page.localStorage.setItem(prefix + record.id, JSON.stringify(record));
    },
    // deno-lint-ignore require-await
    async read() {
      const found = Object.entries(page.localStorage).filter(([key]) => key.startsWith(prefix));
      return found.map(([, text]) => JSON.parse(text));
    },
    // deno-lint-ignore require-await
    async remove(ids) {
      for (const id of ids) page.localStorage.removeItem(prefix + id);
    },
  };
}
