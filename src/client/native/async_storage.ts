/** AsyncStorage of React Native as a store. */

import type { AsyncStore } from "./types.ts";

/** The part of `@react-native-async-storage/async-storage` 1, 2 and 3 that is used. */
export interface AsyncStorageLike {
  /** All keys of the app. */
  getAllKeys(): Promise<readonly string[]>;
  /** Stores a text. */
  setItem(key: string, value: string): Promise<void>;
  /** Reads texts (versions 1 and 2). */
  multiGet?(keys: readonly string[]): Promise<readonly (readonly [string, string | null])[]>;
  /** Removes keys (versions 1 and 2). */
  multiRemove?(keys: readonly string[]): Promise<void>;
  /** Reads texts (version 3). */
  getMany?(keys: string[]): Promise<Record<string, string | null>>;
  /** Removes keys (version 3). */
  removeMany?(keys: string[]): Promise<void>;
}

/**
 * Keeps events in AsyncStorage.
 *
 * @example
 * ```ts
 * import AsyncStorage from "@react-native-async-storage/async-storage";
 * createAnalytics({ url, store: asyncStorage(AsyncStorage) });
 * ```
 */
export function asyncStorage(storage: AsyncStorageLike): AsyncStore {
  return {
    keys: () => storage.getAllKeys(),
    async read(keys) {
      const texts = storage.getMany
        ? await storage.getMany([...keys])
        : Object.fromEntries(await storage.multiGet?.([...keys]) ?? []);
      return keys.map((key) => texts[key] ?? null);
    },
    write: (key, text) => storage.setItem(key, text),
    async remove(keys) {
      await (storage.removeMany?.([...keys]) ?? storage.multiRemove?.([...keys]));
    },
  };
}
