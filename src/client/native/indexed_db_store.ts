/** IndexedDB as a store, for workers. */

import type { AsyncStore } from "./types.ts";

const TEXTS = "texts";

/**
 * Keeps events in IndexedDB.
 *
 * @param name of the database
 */
export function indexedDbStore(name = "sluice"): AsyncStore {
  let opening: Promise<IDBDatabase> | undefined;

  function open(): Promise<IDBDatabase> {
    return new Promise((resolve, reject) => {
      const request = indexedDB.open(name, 1);
      request.onupgradeneeded = () => request.result.createObjectStore(TEXTS);
      request.onerror = () => reject(request.error);
      request.onsuccess = () => {
        const database = request.result;
        database.onclose = forget;
        database.onversionchange = () => { // the site deletes it
          database.close();
          forget();
        };
        resolve(database);
      };
    });
  }

  function forget(): void {
    opening = undefined;
  }

  async function run<T>(
    mode: IDBTransactionMode,
    work: (texts: IDBObjectStore) => readonly IDBRequest<T>[],
  ): Promise<T[]> {
    const database = await (opening ??= open());
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(TEXTS, mode);
      const requests = work(transaction.objectStore(TEXTS));
      transaction.oncomplete = () => resolve(requests.map(({ result }) => result));
      transaction.onabort = () => reject(transaction.error);
    });
  }

  /** A failed attempt to open is repeated by the next operation. */
  async function attempt<T>(...operation: Parameters<typeof run<T>>): Promise<T[]> {
    try {
      return await run(...operation);
    } catch (error) {
      forget();
      throw error;
    }
  }

  return {
    async keys() {
      const [keys = []] = await attempt("readonly", (texts) => [texts.getAllKeys()]);
      return keys.map(String);
    },
    async read(keys) {
      const texts = await attempt<unknown>("readonly", (all) => keys.map((key) => all.get(key)));
      return texts.map((text) => typeof text === "string" ? text : null);
    },
    async write(key, text) {
      await attempt("readwrite", (texts) => [texts.put(text, key)]);
    },
    async remove(keys) {
      await attempt("readwrite", (texts) => keys.map((key) => texts.delete(key)));
    },
  };
}
