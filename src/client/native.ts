/** The SDK where there is no document: workers, extensions and React Native. */

import { createNative } from "./native/create.ts";
import type { Platform } from "./native/device.ts";
import type { NativeAnalytics, NativeOptions } from "./native/types.ts";

export type * from "./types.ts";
export type * from "./native/types.ts";
export { ENTITY_TYPES, EVENT_SOURCES, EVENT_TYPES } from "../events/catalogue.ts";
export { asyncStorage, type AsyncStorageLike } from "./native/async_storage.ts";
export { chromeStorage, type StorageAreaLike } from "./native/chrome_storage.ts";
export { indexedDbStore } from "./native/indexed_db_store.ts";

/**
 * Creates the SDK of a worker, an extension or an app. Its queue is that of the browser SDK.
 *
 * @throws {TypeError} for an invalid option; nothing throws afterwards
 *
 * @example
 * ```ts
 * const analytics = createAnalytics({
 *   url: "https://events.example.com",
 *   store: asyncStorage(AsyncStorage),
 *   appState: AppState,
 * });
 * ```
 */
export function createAnalytics(options: NativeOptions): NativeAnalytics {
  return createNative(options, globalThis as unknown as Platform);
}
