/** `chrome.storage.local` of an extension as a store. */

import type { AsyncStore } from "./types.ts";

/** The part of a `StorageArea` that is used. */
export interface StorageAreaLike {
  /** Reads these keys, or all. */
  get(keys: string[] | null): Promise<Record<string, unknown>>;
  /** All keys (Chrome 130). */
  getKeys?(): Promise<string[]>;
  /** Stores values. */
  set(items: Record<string, unknown>): Promise<void>;
  /** Removes keys. */
  remove(keys: string[]): Promise<void>;
}

/**
 * Keeps events in the storage of an extension, which needs the permission `storage`.
 *
 * @example
 * ```ts
 * createAnalytics({ url, store: chromeStorage(chrome.storage.local) });
 * ```
 */
export function chromeStorage(area: StorageAreaLike): AsyncStore {
  return {
    keys: async () => await area.getKeys?.() ?? Object.keys(await area.get(null)),
    async read(keys) {
      const values = await area.get([...keys]);
      return keys.map((key) => typeof values[key] === "string" ? values[key] : null);
    },
    write: (key, text) => area.set({ [key]: text }),
    remove: (keys) => area.remove([...keys]),
  };
}
